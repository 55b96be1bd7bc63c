/** For a scripted reply that stays under way. */
export const NEVER = new Promise<void>(() => undefined);

const open = new Set<ChunkSource>();

/** Ends the sources of a test that failed before it did: a reply that is stopped waits for its next chunk. */
export function endChunkSources(): void {
  for (const source of open) source.end();
}

/** Chunks of a scripted reply that come when a test says so. */
export class ChunkSource implements AsyncIterable<string> {
  readonly #chunks: string[] = [];
  #hasEnded = false;
  #wake: (() => void) | undefined;

  constructor() {
    open.add(this);
  }

  push(...chunks: readonly string[]): void {
    this.#chunks.push(...chunks);
    this.#wake?.();
  }

  end(): void {
    this.#hasEnded = true;
    open.delete(this);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) yield chunk;
      else if (this.#hasEnded) return;
      else await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
