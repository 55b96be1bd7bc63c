interface Entry<V> {
  readonly value: V;
  readonly endsAtMs: number;
}

/** How long entries live and how many are kept. */
export interface ExpiringMapOptions {
  /** All live equally long, in milliseconds. */
  readonly lifeMs: number;
  readonly maxSize: number;
}

/** Values that end by themselves, the oldest before their time where there are too many. Each step is O(1), amortised. */
export class ExpiringMap<V> {
  readonly #options: ExpiringMapOptions;
  /** In the order in which they end. */
  readonly #entries = new Map<string, Entry<V>>();

  constructor(options: ExpiringMapOptions) {
    this.#options = options;
  }

  get(key: string): V | undefined {
    return this.#live(key)?.value;
  }

  /** In how many milliseconds the entry ends; 0 where there is none. */
  remainingMs(key: string): number {
    return (this.#live(key)?.endsAtMs ?? Date.now()) - Date.now();
  }

  /** Gives the entry a new life. */
  set(key: string, value: V): void {
    const { lifeMs, maxSize } = this.#options;
    this.#entries.delete(key);
    this.#entries.set(key, { value, endsAtMs: Date.now() + lifeMs });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > maxSize) this.#entries.delete(oldest!);
  }

  /** Changes an entry that is there; its life goes on. False where there is none. */
  update(key: string, change: (value: V) => V): boolean {
    const entry = this.#live(key);
    if (entry) this.#entries.set(key, { ...entry, value: change(entry.value) });
    return entry !== undefined;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  #live(key: string): Entry<V> | undefined {
    const now = Date.now();
    for (const [old, { endsAtMs }] of this.#entries) {
      if (endsAtMs > now) break;
      this.#entries.delete(old);
    }
    return this.#entries.get(key);
  }
}
