import { useRef, useState } from "preact/hooks";
import { sentenceOf } from "../../state/api.ts";
import { useChat } from "../chat-context.ts";
import { Icon } from "../icons.tsx";
import { focusOnce } from "../keep-focus.ts";

/** A button that becomes a field for the name of a new channel. */
export function AddChannel({ onAdded }: { readonly onAdded: () => void }) {
  const chat = useChat();
  const [isOpen, setIsOpen] = useState(false);
  const [fault, setFault] = useState("");
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget as HTMLFormElement).get("name");
    try {
      await chat.addChannel(String(name));
      setIsOpen(false);
      onAdded();
    } catch (error) {
      setFault(sentenceOf(error));
    }
  };
  const wasClosed = useRef(false);
  const close = () => {
    wasClosed.current = true;
    setIsOpen(false);
    setFault("");
  };
  const focusAgain = (button: HTMLButtonElement | null) => {
    if (wasClosed.current) button?.focus();
    wasClosed.current = false;
  };
  if (!isOpen)
    return (
      <button type="button" class="channel-link is-quiet" ref={focusAgain} onClick={() => setIsOpen(true)}>
        <span class="mark">
          <Icon name="plus" />
        </span>
        Add channel
      </button>
    );
  return (
    <form class="add-channel" onSubmit={add} onKeyDown={(event) => event.key === "Escape" && close()}>
      <input
        name="name"
        aria-label="Channel name"
        placeholder="channel-name"
        autocomplete="off"
        aria-describedby="channel-fault"
        ref={focusOnce}
      />
      <button type="submit" class="primary-button">
        Add
      </button>
      {fault !== "" && (
        <p id="channel-fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}
