/** Which message of a channel. */
interface MessageKey {
  readonly channel: string;
  readonly ts: string;
}

/** Messages that this process is claiming just now: what becomes of them is heard of once they are its own. */
export class Claims {
  readonly #inFlight = new Map<string, Promise<void>>();

  /** A message is being claimed; the returned function says that it is, or that it is another process's. */
  begin(message: MessageKey): () => void {
    const key = keyOf(message);
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#inFlight.set(key, ended);
    return () => {
      end();
      if (this.#inFlight.get(key) === ended) this.#inFlight.delete(key);
    };
  }

  /** Resolves when it is not being claimed. */
  async settled(message: MessageKey): Promise<void> {
    await this.#inFlight.get(keyOf(message));
  }
}

const keyOf = ({ channel, ts }: MessageKey) => `${channel}:${ts}`;
