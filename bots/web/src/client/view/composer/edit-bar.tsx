import { useChat } from "../chat-context.ts";

/** Says above the composer that a sent message is being changed. */
export function EditBar() {
  const chat = useChat();
  if (chat.current.value.editing.value === undefined) return null;
  return (
    <div class="edit-bar">
      <span>
        Editing your message
        <span class="by-keyboard">
          {" "}
          · <kbd>Esc</kbd> cancels
        </span>
      </span>
      <button type="button" class="quiet-button" onClick={() => chat.composing.cancelEdit()}>
        Cancel
      </button>
    </div>
  );
}
