/** Who came when, in this process: what goes before a place in a conversation's queue takes its time, and overtakes nobody. */
export class Arrivals {
  readonly #last = new Map<string, Promise<void>>();

  /** Called at once when a message comes. */
  arrive(conversation: string): Arrival {
    const before = this.#last.get(conversation) ?? Promise.resolve();
    let pass = () => {};
    const hasPassed = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const last = before.then(() => hasPassed);
    this.#last.set(conversation, last);
    void last.then(() => {
      if (this.#last.get(conversation) === last) this.#last.delete(conversation);
    });
    return { isNext: before, pass };
  }

  /** What is looked up of a message: those that came before in its conversation are handed on before it. Rejects as `lookUp` does. */
  async inOrder<T>(conversation: string, lookUp: Promise<T>): Promise<T> {
    const { isNext, pass } = this.arrive(conversation);
    try {
      const [found] = await Promise.all([lookUp, isNext]);
      return found;
    } finally {
      pass();
    }
  }
}

/** One message's place among those of its conversation. */
export interface Arrival {
  /** Resolves when all that came before have passed. */
  readonly isNext: Promise<void>;
  /** It has its place in the queue, or needs none. */
  pass(): void;
}
