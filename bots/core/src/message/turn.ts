import type { Delivery } from "../conversation/inbox.ts";
import type { QueuePlace, TurnQueue } from "../conversation/turn-queue.ts";
import type { RunningReply } from "../reply/running-replies.ts";

/** Resolves or rejects as the work does, or rejects with the signal's reason if that aborts first. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** A message's place in its conversation's queue, from its claim to the end of its turn. */
export class Turn {
  readonly #running: RunningReply;
  readonly #place: Promise<QueuePlace>;
  #ahead = 0;
  #report: (ahead: number) => void = () => {};

  constructor(queue: TurnQueue, running: RunningReply, delivery: Delivery) {
    const { conversation, replyId } = running;
    const onWaiting = (ahead: number) => this.#onWaiting(ahead);
    this.#running = running;
    this.#place = queue.enter(conversation, { id: delivery.id, replyId, isHeld: () => delivery.isHeld, onWaiting });
    this.#place.catch(() => undefined); // Told to whoever waits for it.
  }

  /** Whether others went before it, so that what was read at its claim may have changed. */
  get hasWaited(): boolean {
    return this.#ahead > 0;
  }

  /**
   * Resolves when the turn has come; reports how many are ahead until then. Rejects as `TurnQueue.enter` does, and with the
   * signal's reason.
   */
  async come(report: (ahead: number) => void, signal: AbortSignal): Promise<void> {
    this.#report = report;
    if (this.#ahead > 0) report(this.#ahead);
    const { turn } = await this.#place;
    await unlessAborted(turn, signal);
  }

  /** The next one has its turn, or whoever takes the entry over the same. Never rejects. */
  async leave(): Promise<void> {
    const place = await this.#place.catch(() => undefined);
    if (this.#running.isAnothers) place?.abandon();
    else await place?.leave();
  }

  #onWaiting(ahead: number): void {
    this.#ahead = ahead;
    this.#report(ahead);
  }
}
