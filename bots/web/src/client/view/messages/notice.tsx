import type { MessageView } from "../../state/channels/channel-state.ts";
import { useChat } from "../chat-context.ts";
import { TypedText } from "./typed-text.tsx";

/** A quiet line that says what somebody did in the channel. */
export function Notice({ view }: { readonly view: MessageView }) {
  const { author, atMs } = view.message;
  const time = new Date(atMs);
  const isOwn = author.id === useChat().workspace.value?.person.id;
  return (
    <div class="notice" title={time.toLocaleString()}>
      <span dir="auto">{isOwn ? "You" : author.name}</span> <TypedText view={view} />
    </div>
  );
}
