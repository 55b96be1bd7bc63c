import type { QueuePlace, TurnQueue } from "../conversation/turn-queue.ts";

/** What the work resolves to; rejects with the signal's reason when it aborts first. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Whose place it is. */
export interface TurnOptions {
  readonly conversation: string;
  /** The entry's, and its reply's. */
  readonly id: string;
  readonly replyId: string;
  readonly signal: AbortSignal;
}

/** A message's place in its conversation's queue, from its claim to the end of its turn. */
export class Turn {
  readonly #place: Promise<QueuePlace>;
  #ahead = 0;
  #report: (ahead: number) => void = () => {};

  constructor(queue: TurnQueue, { conversation, id, replyId, signal }: TurnOptions) {
    this.#place = queue.enter(conversation, { id, replyId, signal, onWaiting: (ahead) => this.#onWaiting(ahead) });
    // Told to whoever waits for it.
    this.#place.then(({ turn }) => turn).catch(() => undefined);
  }

  /** Whether others went before it, so that what was read at its claim may have changed. */
  get hasWaited(): boolean {
    return this.#ahead > 0;
  }

  /**
   * Resolves when the turn has come; reports how many are ahead until then. Rejects as the queue does, and with the signal's
   * reason.
   */
  async come(report: (ahead: number) => void, signal: AbortSignal): Promise<void> {
    this.#report = report;
    if (this.#ahead > 0) report(this.#ahead);
    const { turn } = await this.#place;
    await unlessAborted(turn, signal);
  }

  /** The next one has its turn. Never rejects. */
  async leave(): Promise<void> {
    const place = await this.#place.catch(() => undefined);
    await place?.leave();
  }

  #onWaiting(ahead: number): void {
    this.#ahead = ahead;
    this.#report(ahead);
  }
}
