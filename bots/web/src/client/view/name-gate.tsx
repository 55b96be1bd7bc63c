import { useState } from "preact/hooks";
import { MAX_NAME_LENGTH } from "../../wire.ts";
import { sentenceOf } from "../state/api.ts";
import { useChat } from "./chat-context.ts";
import { focusOnce } from "./keep-focus.ts";

/** The first visit: what others shall call you. */
export function NameGate() {
  const chat = useChat();
  const [fault, setFault] = useState("");
  const join = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await chat.chooseName(String(new FormData(event.currentTarget as HTMLFormElement).get("name")));
    } catch (error) {
      setFault(sentenceOf(error));
    }
  };
  return (
    <main class="gate">
      <form onSubmit={join}>
        <img src="/alpaca.svg" alt="" width="72" height="72" />
        <h1>Welcome to Cria</h1>
        <p>A chat assistant that answers from models on your own machines.</p>
        <label for="name">What should others call you?</label>
        <input
          id="name"
          name="name"
          dir="auto"
          maxLength={MAX_NAME_LENGTH}
          autocomplete="nickname"
          required
          aria-describedby="name-fault"
          ref={focusOnce}
        />
        <p id="name-fault" class="fault" role="alert">
          {fault}
        </p>
        <button type="submit" class="primary-button">
          Start chatting
        </button>
      </form>
    </main>
  );
}
