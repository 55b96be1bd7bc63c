import type { ServerEvent } from "../wire.ts";

/** An event with its place in the feed. */
export interface FeedEntry {
  readonly id: string;
  readonly event: ServerEvent;
}

interface StoredEntry extends FeedEntry {
  readonly number: number;
  /** The only person who may see it; undefined: all. */
  readonly audience: string | undefined;
}

/** Events kept for pages that lost their connection: minutes of a busy channel, a few MB. */
const FEED_CAPACITY = 4_096;

/**
 * The order of everything that happened. A page that was cut off names the last event it saw and gets what it missed,
 * each event once; if that is no longer kept, it is told to load afresh.
 */
export class EventFeed {
  readonly #epoch: string;
  readonly #capacity: number;
  readonly #entries: StoredEntry[] = [];
  readonly #listeners = new Set<(entry: StoredEntry) => void>();
  #lastNumber = 0;

  /** `epoch` tells the runs of the server apart: ids of another run cannot be resumed. */
  constructor(epoch: string, capacity: number = FEED_CAPACITY) {
    this.#epoch = epoch;
    this.#capacity = capacity;
  }

  /** The id of the newest event. */
  get lastId(): string {
    return this.#id(this.#lastNumber);
  }

  publish(event: ServerEvent, audience?: string): void {
    const number = ++this.#lastNumber;
    const entry = { id: this.#id(number), number, event, audience };
    this.#entries.push(entry);
    // Cut in leaps: moving thousands of entries at each event would cost more than the events.
    if (this.#entries.length >= 2 * this.#capacity) this.#entries.splice(0, this.#capacity);
    for (const listener of this.#listeners) listener(entry);
  }

  /** What `personId` missed after the event `id`, oldest first; undefined if the feed no longer reaches back so far. */
  missedSince(id: string, personId: string): readonly FeedEntry[] | undefined {
    const number = this.#number(id);
    if (number === undefined || number > this.#lastNumber) return undefined;
    const firstKept = this.#entries[0]?.number ?? this.#lastNumber + 1;
    if (number + 1 < firstKept) return undefined;
    return this.#entries.slice(number + 1 - firstKept).filter((entry) => isVisible(entry, personId));
  }

  /** Calls back with each event from now on that `personId` may see. Returns a function that stops it. */
  subscribe(personId: string, listener: (entry: FeedEntry) => void): () => void {
    const guarded = (entry: StoredEntry) => {
      if (isVisible(entry, personId)) listener(entry);
    };
    this.#listeners.add(guarded);
    return () => this.#listeners.delete(guarded);
  }

  #id(number: number): string {
    return `${this.#epoch}-${number}`;
  }

  #number(id: string): number | undefined {
    const separator = id.lastIndexOf("-");
    const digits = id.slice(separator + 1);
    if (id.slice(0, separator) !== this.#epoch || !/^\d{1,15}$/.test(digits)) return undefined;
    return Number(digits);
  }
}

function isVisible(entry: StoredEntry, personId: string): boolean {
  return entry.audience === undefined || entry.audience === personId;
}
