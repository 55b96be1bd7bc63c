import type { GenerationEvent } from "../engine/generation.ts";

/**
 * One reply's events on their way from the engine to its caller. The engine never waits for a slow caller: what it has not
 * taken is kept, which the length of the reply bounds.
 */
export class GenerationStream {
  /** Called for each token as it is drawn. */
  readonly onToken: (() => void) | undefined;
  #events: GenerationEvent[] = [];
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(onToken: (() => void) | undefined) {
    this.onToken = onToken;
  }

  push(event: GenerationEvent): void {
    this.#events.push(event);
    this.#wake?.();
  }

  /** Lets the caller have what is there, then throws. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  /** Throws at once. */
  abort(reason: unknown): void {
    this.#events = [];
    this.fail(reason);
  }

  /** The next event, once there is one. */
  async next(): Promise<GenerationEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.#failure !== undefined) throw this.#failure.error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
