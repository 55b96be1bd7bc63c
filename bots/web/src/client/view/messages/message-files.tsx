import type { MessageFile } from "../../../wire.ts";
import { fileAddress } from "../../state/api.ts";
import { sizeWords } from "../../state/draft-files.ts";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";

export interface MessageFilesProps {
  readonly messageId: string;
  readonly files: readonly MessageFile[];
}

/** The files that came with a message; each opens as text. */
export function MessageFiles({ messageId, files }: MessageFilesProps) {
  const channelId = useChat().currentId.value;
  return (
    <ul class="files" aria-label="Files">
      {files.map(({ name, sizeBytes }, index) => (
        <li key={`${index} ${name}`}>
          <a class="file" href={fileAddress(channelId, messageId, index)} target="_blank" rel="noopener">
            <Icon name="file" />
            <span class="file-name" dir="auto" title={name}>
              {name}
            </span>
            <span class="file-size">{sizeWords(sizeBytes)}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
