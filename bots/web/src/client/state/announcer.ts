import { signal } from "@preact/signals";
import type { ChatMessage, Person } from "../../wire.ts";
import type { ChannelState, MessageView } from "./channels/channel-state.ts";

/** What a screen reader says: replies that ended, and what others write. */
export class Announcer {
  readonly text = signal("");

  /** Says a message that is new and whole: not one's own, not changed, and no reply that is still to be written. */
  onMessage(channel: ChannelState, { id, author, text, state }: ChatMessage, ownId: string | undefined): void {
    const isNews = author.id !== ownId && state === undefined && channel.view(id) === undefined;
    if (isNews) this.#say(author, text);
  }

  /** Says a reply that has ended. */
  onEnd({ message, text, state: { value: state } }: MessageView): void {
    const end = state?.type === "failed" ? ` Failed: ${state.reason}` : "";
    this.#say(message.author, `${text.value}${end}`);
  }

  #say(author: Person, text: string): void {
    const said = `${author.name}: ${text}`;
    // Only what changes is read out.
    this.text.value = said === this.text.value ? `${said}\u00a0` : said;
  }
}
