import type { Sequence } from "./sequence.ts";

/** Sequences that wait for a row: lower `priority` first, then first come first served. Holds order, not bounds. */
export class WaitingQueue {
  #sequences: Sequence[] = [];
  #numTokens = 0;

  get size(): number {
    return this.#sequences.length;
  }

  /** Prompt tokens of all that wait. */
  get numTokens(): number {
    return this.#numTokens;
  }

  add(sequence: Sequence): void {
    const priority = sequence.request.priority;
    const before = this.#sequences.findLastIndex((other) => other.request.priority <= priority);
    this.#sequences.splice(before + 1, 0, sequence);
    this.#numTokens += sequence.numPromptTokens;
  }

  /** The one that is let in next. */
  peek(): Sequence | undefined {
    return this.#sequences[0];
  }

  remove(sequence: Sequence): void {
    this.#sequences.splice(this.#sequences.indexOf(sequence), 1);
    this.#numTokens -= sequence.numPromptTokens;
  }

  /** Removes and returns those that have waited as long as they would. */
  removeTimedOut(now: number): readonly Sequence[] {
    const timedOut = this.#sequences.filter((sequence) => sequence.hasWaitedTooLong(now));
    for (const sequence of timedOut) this.remove(sequence);
    return timedOut;
  }
}
