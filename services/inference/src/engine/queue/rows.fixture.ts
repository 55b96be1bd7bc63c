import { FairQueue, type QueueLimits } from "./fair-queue.ts";
import type { Queued } from "./queued.ts";

/** Rows that are filled from a queue and draw a token each a step, with what tenants have waiting and were served. */
export class Rows {
  readonly queue = new FairQueue<Queued>();
  readonly numRows: number;
  /** All that got a row, in order. */
  readonly admitted = new Set<Queued>();
  readonly #limits: QueueLimits;
  readonly #tokensLeft = new Map<Queued, number>();
  readonly #served = new Map<string, number>();
  readonly #waiting = new Map<string, number>();

  constructor(numRows: number, limits: QueueLimits) {
    this.numRows = numRows;
    this.#limits = limits;
  }

  get numRunning(): number {
    return this.#tokensLeft.size;
  }

  /** Weighted tokens that a tenant was served. */
  served(tenant: string): number {
    return this.#served.get(tenant) ?? 0;
  }

  /** How many a tenant has waiting. */
  waiting(tenant: string): number {
    return this.#waiting.get(tenant) ?? 0;
  }

  /** Returns those that were pushed out; undefined if this one was refused. */
  add(item: Queued): readonly Queued[] | undefined {
    const pushedOut = this.queue.add(item, this.#limits);
    for (const other of pushedOut ?? []) count(this.#waiting, other, -1);
    if (pushedOut !== undefined) count(this.#waiting, item, 1);
    return pushedOut;
  }

  /** Takes one out that waits. */
  abort(item: Queued): void {
    this.queue.remove(item);
    count(this.#waiting, item, -1);
  }

  /** Fills free rows, with replies of as many tokens, and draws one in each. */
  step(numReplyTokens: (item: Queued) => number): void {
    while (this.numRunning < this.numRows && this.queue.size > 0) this.#admit(numReplyTokens);
    for (const [item, left] of this.#tokensLeft) this.#draw(item, left);
  }

  #admit(numReplyTokens: (item: Queued) => number): void {
    const item = this.queue.peek()!;
    if (this.admitted.has(item)) throw new Error("served twice");
    this.queue.admit(item, item.numPromptTokens);
    this.admitted.add(item);
    count(this.#served, item, item.numPromptTokens);
    count(this.#waiting, item, -1);
    this.#tokensLeft.set(item, numReplyTokens(item));
  }

  #draw(item: Queued, left: number): void {
    this.queue.countDrawn(item, 1);
    count(this.#served, item, 2);
    this.#tokensLeft.set(item, left - 1);
    if (left > 1) return;
    this.#tokensLeft.delete(item);
    this.queue.release(item);
  }
}

function count(counts: Map<string, number>, { request }: Queued, change: number): void {
  counts.set(request.tenant, (counts.get(request.tenant) ?? 0) + change);
}
