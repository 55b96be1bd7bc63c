import { conversationKey, writerOf } from "../../conversation/conversation-key.ts";
import type { Delivery, EntryState, NewEntry, Ownership } from "../../conversation/inbox.ts";
import { pause } from "../../port/pause.ts";
import type { RedisScript } from "../connection/redis-script.ts";
import { claimKey, entryKey, INBOX_TTL_MS, pendingKey, type RunOnInbox } from "./inbox-group.ts";
import { END, KEEP, RELEASE } from "./inbox-scripts.ts";
import { nowMs } from "./now-ms.ts";

/** What is no handle waits so long for one to be kept with it: after a crash meanwhile, who asked is let in and counted anew. */
const KEEP_AFTER_MS = 200;
/** Between two looks whether the lease was renewed. */
const LOOK_MS = 50;

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
  /** What Redis has not heard of is told again. */
  isEnded = false;
  readonly #run: RunOnInbox;
  readonly #onSettled: () => void;
  readonly #gone = new AbortController();
  #owner: Ownership = "mine";
  #leaseEndMs: number;
  #changes: EntryState = {};
  #keeping: NodeJS.Timeout | undefined;

  constructor(delivered: Delivered, run: RunOnInbox, onSettled: (delivery: RedisDelivery) => void) {
    this.entry = delivered.entry;
    this.state = delivered.state;
    this.id = delivered.id;
    this.count = delivered.count;
    this.ageMs = delivered.ageMs;
    this.writer = writerOf(delivered.entry.place);
    this.claim = claimKey(this.writer, delivered.entry.eventId);
    this.#leaseEndMs = delivered.leaseEndMs;
    this.#run = run;
    this.#onSettled = () => onSettled(this);
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  async owns(): Promise<Ownership> {
    while (this.#isMine && nowMs() >= this.#leaseEndMs) await pause(LOOK_MS, this.gone);
    return this.isEnded ? "taken" : this.#owner;
  }

  /** What Redis says of it when its lease is renewed. */
  renew(owner: Ownership, leaseEndMs: number): void {
    this.#leaseEndMs = leaseEndMs;
    if (owner !== "mine") this.#settle(owner);
    else if (this.#keeping === undefined) void this.#keep();
  }

  keep(changes: EntryState): void {
    this.#changes = { ...this.#changes, ...changes };
    clearTimeout(this.#keeping);
    this.#keeping = setTimeout(() => void this.#keep(), this.#changes.handle === undefined ? KEEP_AFTER_MS : 0);
  }

  async end(): Promise<void> {
    if (!this.#isMine) return;
    this.isEnded = true;
    await this.tellEnd();
  }

  async tellEnd(): Promise<void> {
    const isHeard = this.#send(END, [this.entry.kind === "press" ? "1" : ""]);
    await isHeard.then(this.#onSettled, () => undefined);
  }

  async release(): Promise<void> {
    if (!this.#isMine) return;
    void this.#keep(); // Sent before, so that whoever takes it over knows all.
    this.#settle("taken");
    await this.#send(RELEASE, []).catch(() => undefined);
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
    await this.#send(KEEP, [INBOX_TTL_MS, ...fields]).catch(() => {
      this.#changes = { ...changes, ...this.#changes };
    });
  }

  async #send(script: RedisScript, args: readonly (string | number)[]): Promise<void> {
    const pending = pendingKey(this.writer, conversationKey(this.entry.place));
    const keys = [this.claim, entryKey(this.writer, this.id), pending];
    const owner = await this.#run<Ownership>(script, { writer: this.writer, keys, args: [this.id, ...args] });
    if (owner !== "mine") this.#settle(owner);
  }

  #settle(owner: Ownership): void {
    if (this.#isMine) {
      this.#owner = owner;
      this.#gone.abort(owner);
    }
    this.#onSettled();
  }
}

/** As Redis keeps them. */
export function fieldsOf(state: EntryState): readonly string[] {
  return Object.entries(state).flatMap(([name, value]) => [name, JSON.stringify(value)]);
}
