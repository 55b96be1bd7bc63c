type MarkStorage = Pick<Storage, "getItem" | "setItem">;
type Marks = Readonly<Record<string, number>>;

/** Up to when somebody has read each channel; kept by the browser, so that what is unread still is after a reload. */
export class ReadMarks {
  readonly #key: string;
  readonly #storage: MarkStorage;
  /** Where the browser keeps nothing, they are of this page alone. */
  #marks: Marks | undefined;

  constructor(personId: string, storage: MarkStorage) {
    this.#key = `cria.read.${personId}`;
    this.#storage = storage;
    this.#marks = this.#stored();
  }

  /** Where nothing is known yet, what is there already is no news. `newest` has the times of the newest messages. */
  begin(newest: Marks): void {
    if (this.#marks === undefined) this.#write(newest);
  }

  /** Whether something was written in a channel after what was read there. */
  isUnread(channelId: string, newestAtMs = 0): boolean {
    // Another window may have read on.
    return newestAtMs > ((this.#stored() ?? this.#marks)?.[channelId] ?? 0);
  }

  /** What was written until then is read. */
  raise(channelId: string, atMs: number): void {
    if (this.isUnread(channelId, atMs)) this.set(channelId, atMs);
  }

  /** What was written until then is read, and nothing after it. */
  set(channelId: string, atMs: number): void {
    // Another window may have read on elsewhere.
    const marks = this.#stored() ?? this.#marks;
    if (marks?.[channelId] !== atMs) this.#write({ ...marks, [channelId]: atMs });
  }

  #stored(): Marks | undefined {
    try {
      return JSON.parse(this.#storage.getItem(this.#key) ?? "") as Marks;
    } catch {
      return undefined;
    }
  }

  #write(marks: Marks): void {
    this.#marks = marks;
    try {
      this.#storage.setItem(this.#key, JSON.stringify(marks));
    } catch {
      // A browser may keep nothing, as in a private window.
    }
  }
}
