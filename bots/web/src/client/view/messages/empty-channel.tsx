import { useChat } from "../chat-context.ts";

const THINGS_TO_TRY = [
  "What is a dog, in one sentence?",
  "Write a short poem about the sea.",
  "Give me three ideas for a rainy Sunday.",
];

/** What a channel without messages shows: what it is for, and three things to try. */
export function EmptyChannel() {
  const chat = useChat();
  const isDirect = chat.isChat(chat.currentId.value);
  const prefix = isDirect ? "" : "@cria ";
  return (
    <section class="empty">
      <img src="/alpaca.svg" alt="" width="64" height="64" />
      <h2>{isDirect ? "Talk with Cria" : `#${chat.currentId.value} is empty`}</h2>
      <p>
        {isDirect
          ? "Cria answers from models on your own machines. Ask something, or try one of these."
          : "Write to the others here. Begin with @cria and Cria answers too."}
      </p>
      <div class="suggestions">
        {THINGS_TO_TRY.map((text) => (
          <button type="button" key={text} onClick={() => chat.composing.suggest(`${prefix}${text}`)}>
            {text}
          </button>
        ))}
      </div>
    </section>
  );
}
