import { workspaceKey } from "../conversation/conversation-key.ts";
import type { ConversationStore, Ownership } from "../conversation/conversation-store.ts";
import { EVENT_TTL_MS } from "../conversation/limits.ts";
import { againEvent, type Unanswered } from "./unanswered.ts";

/** Of a claim's life; one renewal may fail. */
const RENEW_MS = EVENT_TTL_MS / 3;

/** What is kept of one message while it is answered. Never throws: without it the message is answered all the same. */
export class UnansweredEntry {
  readonly #store: ConversationStore;
  readonly #workspace: string;
  #unanswered: Unanswered;
  #kept: Promise<unknown> = Promise.resolve();
  #renewing: NodeJS.Timeout | undefined;

  constructor(store: ConversationStore, unanswered: Unanswered) {
    this.#store = store;
    this.#workspace = workspaceKey(unanswered.place);
    this.#unanswered = unanswered;
  }

  /** From now to its end, a second press of the button is told that the first is under way. */
  begin(): void {
    const { again } = this.#unanswered;
    if (!again) return;
    const renew = () => this.#store.renewEvent(this.#workspace, againEvent(again.replyId)).catch(() => undefined);
    this.#renewing = setInterval(renew, RENEW_MS).unref();
  }

  /** Writes down what became known. */
  keep(known: Partial<Unanswered>): void {
    this.#unanswered = { ...this.#unanswered, ...known };
    const unanswered = this.#unanswered;
    this.#kept = this.#kept.then(() => this.#store.keepUnanswered(this.#workspace, unanswered)).catch(() => undefined);
  }

  /** Whose it is by now; kept anew where Redis came back empty. Rejects where the store cannot be reached. */
  async reclaim(): Promise<Ownership> {
    await this.#kept;
    if (await this.#store.keepUnanswered(this.#workspace, this.#unanswered)) return "kept";
    // The claim of an older one has ended by itself.
    if (Date.now() - this.#unanswered.atMs >= EVENT_TTL_MS) return "taken";
    const isFree = await this.#store.claimEvent(this.#workspace, this.#unanswered.eventId, this.#unanswered);
    return isFree ? "restored" : "taken";
  }

  /** The message was answered, or told why not; or it is left to another process, with all that is known of it. */
  async end(isLeft: boolean): Promise<void> {
    clearInterval(this.#renewing);
    await this.#kept;
    if (isLeft) return;
    const { eventId, again } = this.#unanswered;
    await this.#store.forgetUnanswered(this.#workspace, eventId).catch(() => undefined);
    if (again) await this.#store.releaseEvent(this.#workspace, againEvent(again.replyId)).catch(() => undefined);
  }
}
