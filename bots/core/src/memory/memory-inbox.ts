import { writerOf } from "../conversation/conversation-key.ts";
import type { Delivery, EntryState, Inbox, NewEntry } from "../conversation/inbox.ts";
import { EVENT_TTL_MS, inboxFullError, MAX_PENDING } from "../conversation/limits.ts";
import { ExpiringMap } from "./expiring-map.ts";

/** Of a message's id some 200 bytes: 20 MB. More come in no ten minutes that one process answers. */
const MAX_EVENTS = 100_000;

/** Entries of this process. Nobody outlives it to take over what it left. */
export class MemoryInbox implements Inbox {
  readonly isShared = false;
  readonly #claims = new ExpiringMap<number>({ lifeMs: EVENT_TTL_MS, maxSize: MAX_EVENTS });
  readonly #pending = new Set<string>();
  #lastMs = 0;
  #seq = 0;

  async claim(entry: NewEntry): Promise<Delivery | undefined> {
    if (this.#pending.size >= MAX_PENDING) throw inboxFullError();
    const key = eventKey(writerOf(entry.place), entry.eventId);
    if (this.#pending.has(key) || !this.#claim(key, EVENT_TTL_MS)) return undefined;
    this.#pending.add(key);
    return new MemoryDelivery(entry, this.#nextId(), () => {
      this.#pending.delete(key);
      if (entry.kind === "press") this.#claims.delete(key);
      else this.#claim(key, EVENT_TTL_MS);
    });
  }

  async claimEvent(writer: string, eventId: string, ttlMs = EVENT_TTL_MS): Promise<boolean> {
    return this.#claim(eventKey(writer, eventId), ttlMs);
  }

  async note(): Promise<void> {}

  takeOver(): () => void {
    return () => undefined;
  }

  async releaseAll(): Promise<void> {}

  /** Each claim says itself when it ends; the map lets none live longer than ten minutes. */
  #claim(key: string, ttlMs: number): boolean {
    if ((this.#claims.get(key) ?? 0) > Date.now()) return false;
    this.#claims.set(key, Date.now() + ttlMs);
    return true;
  }

  #nextId(): string {
    const ms = Math.max(Date.now(), this.#lastMs);
    this.#seq = ms === this.#lastMs ? this.#seq + 1 : 0;
    this.#lastMs = ms;
    return `${ms}-${this.#seq}`;
  }
}

const eventKey = (writer: string, eventId: string) => `${writer} ${eventId}`;

class MemoryDelivery implements Delivery {
  readonly entry: NewEntry;
  readonly id: string;
  readonly state: EntryState = {};
  readonly count = 1;
  readonly ageMs = 0;
  readonly gone = new AbortController().signal;
  readonly #onEnd: () => void;
  #isEnded = false;

  constructor(entry: NewEntry, id: string, onEnd: () => void) {
    this.entry = entry;
    this.id = id;
    this.#onEnd = onEnd;
  }

  async owns(): Promise<"mine" | "taken"> {
    return this.#isEnded ? "taken" : "mine";
  }

  keep(): void {}

  async end(): Promise<void> {
    if (!this.#isEnded) this.#onEnd();
    this.#isEnded = true;
  }

  async release(): Promise<void> {}
}
