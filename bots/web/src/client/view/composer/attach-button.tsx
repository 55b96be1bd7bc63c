import { useRef } from "preact/hooks";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";

/** Chooses files to send. */
export function AttachButton() {
  const chat = useChat();
  const input = useRef<HTMLInputElement>(null);
  if (chat.current.value.editing.value !== undefined) return null;
  const add = () => {
    void chat.composing.addFiles([...(input.current!.files ?? [])]);
    // The same file may be chosen again.
    input.current!.value = "";
  };
  return (
    <>
      <input type="file" multiple hidden aria-label="Text files" ref={input} onChange={add} />
      <button
        type="button"
        class="icon-button"
        aria-label="Attach text files"
        title="Attach text files"
        onClick={() => input.current!.click()}
      >
        <Icon name="attach" />
      </button>
    </>
  );
}
