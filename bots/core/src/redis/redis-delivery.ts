import type { Delivery, EntryState, NewEntry, Ownership } from "../conversation/inbox.ts";
import { claimKey, entryKey, type RedisInboxGroup } from "./redis-inbox-group.ts";
import { END, KEEP, RELEASE } from "./redis-inbox-scripts.ts";

/** Nobody waits longer for an answer; what is older is forgotten. */
export const INBOX_TTL_MS = 7 * 86_400_000;
/** What is no handle is kept together with it where that comes soon: who crashes within this time asks twice who may. */
const KEEP_AFTER_MS = 200;

/** What a delivery begins with. */
export interface Delivered extends Pick<Delivery, "entry" | "state" | "id" | "count"> {
  readonly writer: string;
  /** Until when it is this process's, whatever happens, by `performance.now()`. */
  readonly leaseEndMs: number;
}

/** An entry that this process holds, until `onSettled`. */
export class RedisDelivery implements Delivery {
  readonly writer: string;
  readonly entry: NewEntry;
  readonly state: EntryState;
  readonly id: string;
  readonly count: number;
  readonly #group: RedisInboxGroup;
  readonly #onSettled: () => void;
  readonly #gone = new AbortController();
  #owner: Ownership = "mine";
  #isEnded = false;
  #leaseEndMs: number;
  #waiting: (() => void)[] = [];
  #changes: EntryState = {};
  #keeping: NodeJS.Timeout | undefined;

  constructor(delivered: Delivered, group: RedisInboxGroup, onSettled: (delivery: RedisDelivery) => void) {
    this.writer = delivered.writer;
    this.entry = delivered.entry;
    this.state = delivered.state;
    this.id = delivered.id;
    this.count = delivered.count;
    this.#leaseEndMs = delivered.leaseEndMs;
    this.#group = group;
    this.#onSettled = () => onSettled(this);
  }

  get atMs(): number {
    return Number.parseInt(this.id, 10);
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get claim(): string {
    return claimKey(this.writer, this.entry.eventId);
  }

  async owns(): Promise<Ownership> {
    while (this.#owner === "mine" && !this.#isEnded && performance.now() >= this.#leaseEndMs)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#isEnded ? "taken" : this.#owner;
  }

  /** What Redis says when the lease is renewed. */
  renewed(owner: Ownership, leaseEndMs: number): void {
    if (owner !== "mine") {
      this.#settle(owner);
      return;
    }
    this.#leaseEndMs = leaseEndMs;
    this.#wake();
    if (this.#keeping === undefined && Object.keys(this.#changes).length > 0) this.keep({});
  }

  keep(changes: EntryState): void {
    this.#changes = { ...this.#changes, ...changes };
    clearTimeout(this.#keeping);
    this.#keeping = setTimeout(() => void this.#keep(), this.#changes.handle === undefined ? KEEP_AFTER_MS : 0);
  }

  async end(): Promise<void> {
    if (this.#isEnded || this.#owner !== "mine") return;
    this.#isEnded = true;
    this.#wake();
    await this.tellEnd();
  }

  /** Again, where Redis did not hear it. */
  async tellEnd(): Promise<void> {
    const keys = [this.claim, entryKey(this.writer, this.id)];
    const isHeard = this.#group.run(END, this.writer, keys, [this.id, this.entry.kind === "press" ? "1" : ""]);
    await isHeard.then(this.#onSettled, () => undefined);
  }

  async release(): Promise<void> {
    if (this.#isEnded || this.#owner !== "mine") return;
    clearTimeout(this.#keeping);
    // Sent before the release, so that whoever takes it over knows all.
    if (Object.keys(this.#changes).length > 0) void this.#keep();
    this.#settle("taken");
    await this.#group.run(RELEASE, this.writer, [this.claim], [this.id]).catch(() => undefined);
  }

  /** What Redis does not hear is kept with the next renewal. */
  async #keep(): Promise<void> {
    const changes = this.#changes;
    this.#changes = {};
    this.#keeping = undefined;
    if (this.#isEnded || this.#owner !== "mine") return;
    const fields = Object.entries(changes).flatMap(([name, value]) => [name, String(value)]);
    const keys = [this.claim, entryKey(this.writer, this.id)];
    try {
      const [owner] = await this.#group.run<[Ownership]>(KEEP, this.writer, keys, [this.id, INBOX_TTL_MS, ...fields]);
      if (owner !== "mine") this.#settle(owner);
    } catch {
      this.#changes = { ...changes, ...this.#changes };
    }
  }

  #settle(owner: Ownership): void {
    if (!this.#isEnded && this.#owner === "mine") {
      this.#owner = owner;
      this.#gone.abort(owner);
      this.#wake();
    }
    this.#onSettled();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
