import { sizeWords } from "../../state/draft-files.ts";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";

/** The files that go with the message in the composer; each can be taken out again. */
export function DraftFiles() {
  const chat = useChat();
  const { files, editing } = chat.current.value;
  if (files.value.length === 0 || editing.value !== undefined) return null;
  return (
    <ul class="files is-draft" aria-label="Files to send">
      {files.value.map((file) => (
        <li class="file" key={file}>
          <Icon name="file" />
          <span class="file-name" dir="auto" title={file.name}>
            {file.name}
          </span>
          <span class="file-size">{sizeWords(file.sizeBytes)}</span>
          <button
            type="button"
            class="quiet-button"
            aria-label={`Remove ${file.name}`}
            onClick={() => chat.composing.removeFile(file)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}
