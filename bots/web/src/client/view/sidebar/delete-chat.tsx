import { useId } from "preact/hooks";

export interface DeleteChatProps {
  readonly label: string;
  readonly onDelete: () => void;
  readonly onKeep: () => void;
}

/** Asks before a chat is gone for good. */
export function DeleteChat({ label, onDelete, onKeep }: DeleteChatProps) {
  const wordsId = useId();
  return (
    <div class="delete-chat" role="alertdialog" aria-label={`Delete “${label}”?`} aria-describedby={wordsId}>
      <p id={wordsId}>Delete this chat and all that Cria remembers of it? It cannot be brought back.</p>
      <button type="button" class="danger-button" onClick={onDelete}>
        Delete
      </button>
      <button type="button" class="plain-button" ref={focusButton} onClick={onKeep}>
        Keep
      </button>
    </div>
  );
}

function focusButton(button: HTMLButtonElement | null): void {
  button?.focus();
}
