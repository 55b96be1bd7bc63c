import { busyError, MAX_WAITING_TURNS } from "../conversation/limits.ts";
import { type EnterOptions, idScore, type QueuePlace, type TurnQueue } from "../conversation/turn-queue.ts";

/** Queues of this process. The first of a queue has the turn, the others wait in the order of their ids. */
export class MemoryTurnQueue implements TurnQueue {
  readonly #queues = new Map<string, MemoryQueuePlace[]>();

  async enter(conversation: string, options: EnterOptions): Promise<QueuePlace> {
    const queue = this.#queues.get(conversation) ?? [];
    if (queue.length > MAX_WAITING_TURNS) throw busyError();
    this.#queues.set(conversation, queue);
    const place = new MemoryQueuePlace(options, () => this.#leave(conversation, place));
    queue.push(place);
    queue.splice(1, Infinity, ...queue.slice(1).sort((a, b) => a.score - b.score));
    tellAll(queue);
    return place;
  }

  #leave(conversation: string, place: MemoryQueuePlace): void {
    const queue = this.#queues.get(conversation) ?? [];
    const index = queue.indexOf(place);
    if (index === -1) return;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(conversation);
    tellAll(queue);
  }
}

function tellAll(queue: readonly MemoryQueuePlace[]): void {
  for (const [ahead, place] of queue.entries()) place.advance(ahead);
}

class MemoryQueuePlace implements QueuePlace {
  readonly turn: Promise<void>;
  readonly score: number;
  readonly #onLeave: () => void;
  readonly #onWaiting: EnterOptions["onWaiting"];
  #take!: () => void;
  #ahead = 0;

  constructor({ id, onWaiting }: EnterOptions, onLeave: () => void) {
    this.score = idScore(id);
    this.#onLeave = onLeave;
    this.#onWaiting = onWaiting;
    this.turn = new Promise((resolve) => {
      this.#take = resolve;
    });
  }

  advance(ahead: number): void {
    if (ahead === 0) this.#take();
    else if (ahead !== this.#ahead) this.#onWaiting?.(ahead);
    this.#ahead = ahead;
  }

  async leave(): Promise<void> {
    this.#onLeave();
  }

  /** Nobody outlives this process to take it over. */
  abandon(): void {
    this.#onLeave();
  }
}
