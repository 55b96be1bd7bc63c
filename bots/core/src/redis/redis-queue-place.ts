import { randomUUID } from "node:crypto";
import { busyError, MAX_WAITING_TURNS } from "../conversation/limits.ts";
import { type EnterOptions, idScore, type QueuePlace } from "../conversation/turn-queue.ts";

/** Renewals in a lease. */
const RENEWALS = 3;

/** Someone has left a queue in which others wait. */
export interface Left {
  readonly process: string;
  readonly conversation: string;
  readonly place: string;
  /** Whose turn it is now; absent where it was not the turn that was left. */
  readonly holder?: string;
}

/** What a place says to its queue. */
interface QueueCommands {
  readonly leaseMs: number;
  /** Takes the place, or renews its lease: how many are ahead, -1 when the queue is full. */
  enter(args: readonly (string | number)[]): Promise<number>;
  leave(place: string): Promise<void>;
}

/** A place in a queue of Redis, held by renewing its lease until it is left. */
export class RedisQueuePlace implements QueuePlace {
  readonly turn: Promise<void>;
  readonly #name: string;
  readonly #options: EnterOptions;
  readonly #queue: QueueCommands;
  #take!: () => void;
  #refuse!: (reason: unknown) => void;
  #isWaiting = true;
  #ahead = 0;
  #leaseEndMs = 0;
  #renewing: NodeJS.Timeout | undefined;
  /** What was sent last: a place that is left must not be taken again by it. */
  #renewed: Promise<unknown> = Promise.resolve();
  #left: Promise<void> | undefined;

  constructor(options: EnterOptions, queue: QueueCommands) {
    this.#name = `${options.id}:${randomUUID()}`;
    this.#options = options;
    this.#queue = queue;
    const { signal } = options;
    this.turn = new Promise((resolve, reject) => {
      this.#take = resolve;
      this.#refuse = reject;
    });
    this.turn.catch(() => undefined); // Whoever waits hears of it.
    const abort = () => this.#giveUp(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    void this.turn.finally(() => signal.removeEventListener("abort", abort)).catch(() => undefined);
  }

  async enter(): Promise<void> {
    try {
      const ahead = await this.#send(MAX_WAITING_TURNS + 1);
      if (ahead === -1) throw busyError();
      this.#report(ahead);
    } catch (error) {
      await this.leave();
      throw error;
    }
    if (this.#left) return;
    this.#renewing = setInterval(() => void this.#renew(), this.#queue.leaseMs / RENEWALS).unref();
  }

  /** Counts down without asking; whose turn it is, is told. */
  hear({ place, holder }: Left): void {
    if (holder === this.#name) this.#report(0);
    else if (holder !== undefined || isBefore(place, this.#name)) this.#report(Math.max(1, this.#ahead - 1));
  }

  leave(): Promise<void> {
    this.#isWaiting = false;
    clearInterval(this.#renewing);
    this.#left ??= this.#renewed.then(() => this.#queue.leave(this.#name)).catch(() => undefined);
    return this.#left;
  }

  /** One that waits gives up when Redis was away for a lease: its place is gone. */
  async #renew(): Promise<void> {
    try {
      this.#report(await this.#send(""));
    } catch (error) {
      if (performance.now() > this.#leaseEndMs) this.#giveUp(error);
    }
  }

  async #send(maxPlaces: number | ""): Promise<number> {
    const leaseEndMs = performance.now() + this.#queue.leaseMs;
    const sent = this.#queue.enter([this.#name, scoreOf(this.#name), this.#queue.leaseMs, maxPlaces]);
    this.#renewed = sent.catch(() => undefined);
    const ahead = await sent;
    this.#leaseEndMs = leaseEndMs;
    return ahead;
  }

  #report(ahead: number): void {
    if (!this.#isWaiting) return;
    if (ahead === 0) {
      this.#isWaiting = false;
      this.#take();
    } else if (ahead !== this.#ahead) this.#options.onWaiting?.(ahead);
    this.#ahead = ahead;
  }

  #giveUp(reason: unknown): void {
    if (!this.#isWaiting) return;
    this.#refuse(reason);
    void this.leave();
  }
}

const scoreOf = (place: string) => idScore(place.slice(0, place.indexOf(":")));

/** As the queue sorts them. */
function isBefore(place: string, other: string): boolean {
  const difference = scoreOf(place) - scoreOf(other);
  return difference === 0 ? place < other : difference < 0;
}
