import { conversationKey, writerOf } from "../../conversation/conversation-key.ts";
import type { Delivery, EntryState, NewEntry, Ownership } from "../../conversation/inbox.ts";
import { pause } from "../../port/pause.ts";
import type { RedisScript } from "../connection/redis-script.ts";
import { claimKey, entryKey, INBOX_TTL_MS, pendingKey, type RunOnInbox } from "./inbox-group.ts";
import { END, KEEP, RELEASE } from "./inbox-scripts.ts";
import { nowMs } from "./now-ms.ts";

/** Between two looks whether the lease was renewed. */
const LOOK_MS = 50;

/** Who holds deliveries. */
export interface Holder {
  readonly run: RunOnInbox;
  /** Nothing more is to be renewed of it. */
  onSettled(delivery: RedisDelivery): void;
  /** What Redis did not do about an entry, or could not be told. */
  onFault(about: string, error: unknown, text: string): void;
}

/** What a delivery begins with. */
export interface Delivered extends Pick<Delivery, "entry" | "state" | "id" | "ageMs" | "count"> {
  /** Until when it is this process's whatever happens, by `nowMs`. */
  readonly leaseEndMs: number;
}

/** An entry that this process holds until it is settled: ended, as Redis heard, or no more its own. */
export class RedisDelivery implements Delivery {
  readonly entry: NewEntry;
  readonly state: EntryState;
  readonly id: string;
  readonly count: number;
  readonly ageMs: number;
  readonly writer: string;
  readonly claim: string;
  /** Whether it was answered. Redis is told so again until it has heard it. */
  isEnded = false;
  readonly #holder: Holder;
  readonly #gone = new AbortController();
  #owner: Ownership = "mine";
  #leaseEndMs: number;
  #changes: EntryState = {};
  #keeping: NodeJS.Timeout | undefined;

  constructor(delivered: Delivered, holder: Holder) {
    this.entry = delivered.entry;
    this.state = delivered.state;
    this.id = delivered.id;
    this.count = delivered.count;
    this.ageMs = delivered.ageMs;
    this.writer = writerOf(delivered.entry.place);
    this.claim = claimKey(this.writer, delivered.entry.eventId);
    this.#leaseEndMs = delivered.leaseEndMs;
    this.#holder = holder;
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isHeld(): boolean {
    return this.#isMine && nowMs() < this.#leaseEndMs;
  }

  async owns(): Promise<Ownership> {
    while (this.#isMine && !this.isHeld) await pause(LOOK_MS, this.gone);
    return this.isEnded ? "taken" : this.#owner;
  }

  /** What Redis says of it when its lease is renewed. */
  renew(owner: Ownership, leaseEndMs: number): void {
    this.#leaseEndMs = leaseEndMs;
    if (owner !== "mine") this.#settle(owner);
    else if (this.#keeping === undefined) void this.#keep();
  }

  /** Redis refuses to renew it: who would wait for its word after the lease might wait for ever. */
  refuse(): void {
    if (nowMs() >= this.#leaseEndMs) this.#settle("lost");
  }

  keep(changes: EntryState): void {
    this.#changes = { ...this.#changes, ...changes };
    clearTimeout(this.#keeping);
    this.#keeping = setTimeout(() => void this.#keep(), 0); // What comes at once goes together.
  }

  async end(): Promise<void> {
    if (!this.#isMine) return;
    this.isEnded = true;
    await this.tellEnd();
  }

  async tellEnd(): Promise<void> {
    const isHeard = this.#send(END, [this.entry.kind === "press" ? "1" : ""]);
    await isHeard.then(
      () => this.#holder.onSettled(this),
      (error) => this.#fault(error, "Redis refuses to end a message; it is told again"),
    );
  }

  async release(): Promise<void> {
    if (!this.#isMine) return;
    void this.#keep(); // Sent before, so that whoever takes it over knows all.
    this.#settle("taken");
    await this.#send(RELEASE, []).catch((error) => this.#fault(error, "Redis refuses to release a message"));
  }

  async abandon(): Promise<void> {
    if (!this.#isMine) return;
    void this.#keep();
    this.#settle("taken");
  }

  get #isMine(): boolean {
    return !this.isEnded && this.#owner === "mine";
  }

  /** What Redis does not hear is kept with the next renewal. */
  async #keep(): Promise<void> {
    clearTimeout(this.#keeping);
    this.#keeping = undefined;
    const changes = this.#changes;
    this.#changes = {};
    const fields = fieldsOf(changes);
    if (!this.#isMine || fields.length === 0) return;
    await this.#send(KEEP, [INBOX_TTL_MS, ...fields]).catch((error) => {
      this.#changes = { ...changes, ...this.#changes };
      this.#fault(error, "Redis refuses to keep what became known of a message");
    });
  }

  async #send(script: RedisScript, args: readonly (string | number)[]): Promise<void> {
    const pending = pendingKey(this.writer, conversationKey(this.entry.place));
    const keys = [this.claim, entryKey(this.writer, this.id), pending];
    const owner = await this.#holder.run<Ownership>(script, { writer: this.writer, keys, args: [this.id, ...args] });
    if (owner !== "mine") this.#settle(owner);
  }

  #fault(error: unknown, text: string): void {
    this.#holder.onFault(this.id, error, text);
  }

  #settle(owner: Ownership): void {
    if (this.#isMine) {
      this.#owner = owner;
      this.#gone.abort(owner);
    }
    this.#holder.onSettled(this);
  }
}

/** As Redis keeps them. */
export function fieldsOf(state: EntryState): readonly string[] {
  return Object.entries(state).flatMap(([name, value]) => [name, JSON.stringify(value)]);
}
