import type { Claims } from "../conversation/claims.ts";
import { writerOf } from "../conversation/conversation-key.ts";
import type { Delivery, EntryState, Inbox, NewEntry } from "../conversation/inbox.ts";
import { EVENT_TTL_MS, inboxFullError, MAX_PENDING } from "../conversation/limits.ts";
import { ExpiringMap } from "./expiring-map.ts";

/** Of a message's id some 200 bytes: 20 MB. More come in no ten minutes that one process answers. */
const MAX_CLAIMS = 100_000;

/** Claims of this process. Each says itself when it ends; none lives longer than ten minutes. */
export class MemoryClaims implements Claims {
  readonly #endsAtMs = new ExpiringMap<number>({ lifeMs: EVENT_TTL_MS, maxSize: MAX_CLAIMS });

  async claim(writer: string, id: string, ttlMs = EVENT_TTL_MS): Promise<boolean> {
    const isFirst = !this.has(writer, id);
    if (isFirst) this.set(writer, id, ttlMs);
    return isFirst;
  }

  has(writer: string, id: string): boolean {
    return (this.#endsAtMs.get(keyOf(writer, id)) ?? 0) > Date.now();
  }

  set(writer: string, id: string, ttlMs = EVENT_TTL_MS): void {
    this.#endsAtMs.set(keyOf(writer, id), Date.now() + ttlMs);
  }

  delete(writer: string, id: string): void {
    this.#endsAtMs.delete(keyOf(writer, id));
  }
}

const keyOf = (writer: string, id: string) => `${writer} ${id}`;

/** Entries of this process. Nobody outlives it to take over what it left. */
export class MemoryInbox implements Inbox {
  readonly isShared = false;
  readonly #claims: MemoryClaims;
  /** By writer and event. */
  readonly #pending = new Set<string>();
  #lastMs = 0;
  #seq = 0;

  constructor(claims: MemoryClaims) {
    this.#claims = claims;
  }

  async claim(entry: NewEntry): Promise<Delivery | undefined> {
    const event = [writerOf(entry.place), entry.eventId] as const;
    const key = event.join(" ");
    if (this.#pending.has(key) || this.#claims.has(...event)) return undefined;
    if (this.#pending.size >= MAX_PENDING) throw inboxFullError();
    this.#pending.add(key);
    this.#claims.set(...event);
    return new MemoryDelivery(entry, this.#nextId(), () => {
      this.#pending.delete(key);
      if (entry.kind === "press") this.#claims.delete(...event);
      else this.#claims.set(...event);
    });
  }

  async note(): Promise<void> {}

  takeOver(): () => void {
    return () => undefined;
  }

  async releaseAll(): Promise<void> {}

  #nextId(): string {
    const ms = Math.max(Date.now(), this.#lastMs);
    this.#seq = ms === this.#lastMs ? this.#seq + 1 : 0;
    this.#lastMs = ms;
    return `${ms}-${this.#seq}`;
  }
}

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

  get isHeld(): boolean {
    return !this.#isEnded;
  }

  async owns(): Promise<"mine" | "taken"> {
    return this.isHeld ? "mine" : "taken";
  }

  keep(): void {}

  async end(): Promise<void> {
    if (!this.#isEnded) this.#onEnd();
    this.#isEnded = true;
  }

  async release(): Promise<void> {}

  async abandon(): Promise<void> {
    await this.end();
  }
}
