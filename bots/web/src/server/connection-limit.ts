/** Browsers open six connections to a host before HTTP/2: two stay free for what people do in their windows. */
const MAX_CONNECTIONS_PER_PERSON = 4;
const MAX_CONNECTIONS = 1_000;

/** The event stream of one window. */
export interface Connection {
  /** Aborts when the window comes again or the server stops. */
  readonly signal: AbortSignal;
  /** Gives the connection back; again, it does nothing. */
  close(): void;
}

/** The open event streams: one a window, a few a person. */
export class ConnectionLimit {
  readonly #byPerson = new Map<string, Map<string, AbortController>>();
  #total = 0;

  /** Why a window can have no connection, in a sentence; undefined if there is room, or if it has one already. */
  refusal(personId: string, windowId: string): string | undefined {
    const windows = this.#byPerson.get(personId);
    if (windows?.has(windowId)) return undefined;
    const count = windows?.size ?? 0;
    if (count >= MAX_CONNECTIONS_PER_PERSON)
      return `You have ${count} other windows open, the most that can be connected. Close one.`;
    if (this.#total >= MAX_CONNECTIONS)
      return `${MAX_CONNECTIONS.toLocaleString("en")} windows have this page open, the most that can be connected. Try later.`;
    return undefined;
  }

  /**
   * Takes a window's connection in the place of the one it has: a stream whose network went away does not end by itself
   * for a long time.
   */
  take(personId: string, windowId: string): Connection {
    const windows = this.#byPerson.get(personId) ?? new Map<string, AbortController>();
    this.#byPerson.set(personId, windows);
    const before = windows.get(windowId);
    const abort = new AbortController();
    windows.set(windowId, abort);
    if (before === undefined) this.#total++;
    before?.abort();
    return { signal: abort.signal, close: () => this.#giveBack(personId, windowId, abort) };
  }

  /** Ends every stream. */
  closeAll(): void {
    for (const windows of this.#byPerson.values()) for (const abort of windows.values()) abort.abort();
  }

  #giveBack(personId: string, windowId: string, abort: AbortController): void {
    const windows = this.#byPerson.get(personId);
    // Another stream may have taken its place.
    if (windows?.get(windowId) !== abort) return;
    this.#total--;
    windows.delete(windowId);
    if (windows.size === 0) this.#byPerson.delete(personId);
  }
}
