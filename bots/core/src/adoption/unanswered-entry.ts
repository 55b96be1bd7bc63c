import { workspaceKey } from "../conversation-key.ts";
import type { ConversationStore } from "../conversation-store.ts";
import type { Unanswered } from "./unanswered.ts";

/** What is kept of one message while it is answered. Never throws: without it the message is answered all the same. */
export class UnansweredEntry {
  readonly #store: ConversationStore;
  readonly #workspace: string;
  #unanswered: Unanswered;
  #kept: Promise<void> = Promise.resolve();

  constructor(store: ConversationStore, unanswered: Unanswered) {
    this.#store = store;
    this.#workspace = workspaceKey(unanswered.place);
    this.#unanswered = unanswered;
  }

  /** Writes down what became known. */
  keep(known: Partial<Unanswered>): void {
    this.#unanswered = { ...this.#unanswered, ...known };
    const unanswered = this.#unanswered;
    this.#kept = this.#kept.then(() => this.#store.keepUnanswered(this.#workspace, unanswered)).catch(() => undefined);
  }

  /** The message was answered, or told why not. */
  async forget(): Promise<void> {
    await this.#store.forgetUnanswered(this.#workspace, this.#unanswered.eventId).catch(() => undefined);
  }
}
