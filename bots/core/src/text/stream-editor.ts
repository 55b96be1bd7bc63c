import { pause } from "../port/pause.ts";

/** Tries of the last edit, its first included; the pauses between them double from the interval. */
const LAST_EDIT_TRIES = 5;

/** How edits reach the platform. */
export interface StreamEditorOptions<T> {
  /** Least time from the start of one edit to the start of the next, in milliseconds. */
  readonly intervalMs: number;
  /** Shows a state: the whole text, or whatever the platform makes of it. False where it is left for the next time. */
  edit(state: T): Promise<boolean>;
  /** Asked before each edit; once it says false, nothing more is shown. A rejection is `finish`'s. Default: always true. */
  mayEdit?(): Promise<boolean>;
  /** How long a platform that refused an edit wants to be left alone, in milliseconds; undefined for other failures. */
  retryAfterMs?(error: unknown): number | undefined;
}

/**
 * Coalesces a stream into edits: one in flight, none too early, each with the newest state only. An edit that fails is
 * left out, since a newer one follows; the last one is tried again.
 */
export class StreamEditor<T = string> {
  readonly #options: StreamEditorOptions<T>;
  readonly #cancelled = new AbortController();
  #next: { readonly state: T } | undefined;
  #shown: { readonly state: T } | undefined;
  #editing: Promise<void> = Promise.resolve();
  #isEditing = false;
  #notBeforeMs = -Infinity;
  #isLast = false;

  constructor(options: StreamEditorOptions<T>) {
    this.#options = options;
  }

  /** The newest state; shown when the platform may be edited next. */
  update(state: T): void {
    if (this.#isLast) throw new Error("update after finish");
    this.#next = { state };
    this.#start().catch(() => undefined);
  }

  /** The last state. Resolves when it is shown, or may not be any more; rejects with the platform's error when the tries are spent. */
  async finish(state: T): Promise<void> {
    this.#isLast = true;
    this.#next = { state };
    await this.#start();
  }

  /** Leaves out what is not yet shown. Resolves when the edit in flight has ended. */
  async cancel(): Promise<void> {
    this.#cancelled.abort();
    await this.#editing.catch(() => undefined);
  }

  #start(): Promise<void> {
    if (!this.#isEditing) this.#editing = this.#editAll();
    return this.#editing;
  }

  /** Over in the same instant in which nothing new is found: what comes later begins anew. */
  async #editAll(): Promise<void> {
    this.#isEditing = true;
    try {
      let failures = 0;
      while (this.#next && !this.#isShown(this.#next.state)) failures = await this.#editNext(failures);
    } finally {
      this.#isEditing = false;
    }
  }

  /** Resolves to how often in a row the platform has refused the last state; 0 for an earlier one. */
  async #editNext(failures: number): Promise<number> {
    const waitMs = this.#notBeforeMs - performance.now();
    if (waitMs > 0) await pause(waitMs, this.#cancelled.signal);
    const { mayEdit } = this.#options;
    if (mayEdit && !this.#cancelled.signal.aborted && !(await mayEdit())) this.#cancelled.abort();
    const next = this.#next;
    this.#next = undefined;
    if (!next || this.#cancelled.signal.aborted) return 0;
    const isLast = this.#isLast;
    const failure = await this.#edit(next.state);
    if (failure === undefined) return 0;
    const lastFailures = isLast ? failures + 1 : 0;
    this.#tryAgain(next.state, failure, lastFailures);
    return lastFailures;
  }

  #isShown(state: T): boolean {
    return this.#shown?.state === state;
  }

  /** Returns why the platform did not take it, if it did not. */
  async #edit(state: T): Promise<{ readonly error: unknown } | undefined> {
    const { intervalMs, edit } = this.#options;
    this.#notBeforeMs = performance.now() + intervalMs;
    try {
      if (await edit(state)) this.#shown = { state };
      else this.#next ??= { state };
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  /** Puts a state that was refused back unless a newer one came. Throws when the last one's tries are spent. */
  #tryAgain(state: T, { error }: { readonly error: unknown }, lastFailures: number): void {
    const { intervalMs, retryAfterMs } = this.#options;
    const askedMs = retryAfterMs?.(error);
    if (askedMs === undefined && lastFailures === 0) return;
    if (lastFailures >= LAST_EDIT_TRIES) throw error;
    const delayMs = askedMs ?? intervalMs * 2 ** (lastFailures - 1);
    this.#notBeforeMs = Math.max(this.#notBeforeMs, performance.now() + delayMs);
    this.#next ??= { state };
  }
}
