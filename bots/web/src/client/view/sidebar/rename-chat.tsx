import { MAX_TITLE_LENGTH } from "../../../wire.ts";
import { focusOnce } from "../keep-focus.ts";

export interface RenameChatProps {
  readonly title: string;
  readonly onRename: (title: string) => void;
}

/** A field for a chat's title. */
export function RenameChat({ title, onRename }: RenameChatProps) {
  const rename = (event: SubmitEvent) => {
    event.preventDefault();
    onRename(String(new FormData(event.currentTarget as HTMLFormElement).get("title")));
  };
  const focusWhole = (input: HTMLInputElement | null) => {
    focusOnce(input);
    input?.select();
  };
  return (
    <form class="rename-chat" onSubmit={rename}>
      <input
        name="title"
        aria-label="Title"
        dir="auto"
        autocomplete="off"
        maxLength={MAX_TITLE_LENGTH}
        defaultValue={title}
        ref={focusWhole}
      />
      <button type="submit" class="primary-button">
        Save
      </button>
    </form>
  );
}
