import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { EventFeed, FeedEntry } from "../rooms/event-feed.ts";

/** Events waiting for one slow page; past that its connection is cut, and it comes back for what it missed. */
const MAX_WAITING_EVENTS = 1_000;
/** Shorter than the minute after which proxies cut silent connections. */
const PING_INTERVAL_MS = 15_000;

export interface EventStreamOptions {
  readonly feed: EventFeed;
  readonly personId: string;
  /** The last event the page saw. */
  readonly after: string;
  /** Ends the stream when the server stops. */
  readonly signal: AbortSignal;
  readonly onClose: () => void;
}

/** Streams events to one page: first what it missed, then each as it comes. Sends `resync` if too much was missed. */
export function streamEvents(context: Context, options: EventStreamOptions): Response {
  const { feed, personId, signal } = options;
  const queue = new EventQueue();
  // Subscribed before the reading of what was missed, in the same turn: nothing falls in between.
  const missed = feed.missedSince(options.after, personId);
  for (const entry of missed ?? []) queue.push(entry);
  const unsubscribe = feed.subscribe(personId, (entry) => queue.push(entry));
  const end = () => queue.end();
  signal.addEventListener("abort", end, { once: true });

  return streamSSE(context, async (stream) => {
    stream.onAbort(end);
    const ping = setInterval(() => void stream.writeSSE({ event: "ping", data: "" }), PING_INTERVAL_MS);
    try {
      if (missed === undefined) await stream.writeSSE({ event: "resync", data: "", id: feed.lastId });
      else await stream.writeSSE({ event: "ping", data: "" });
      for await (const { id, event } of queue) await stream.writeSSE({ id, data: JSON.stringify(event) });
    } finally {
      clearInterval(ping);
      unsubscribe();
      signal.removeEventListener("abort", end);
      options.onClose();
    }
  });
}

class EventQueue implements AsyncIterable<FeedEntry> {
  #entries: FeedEntry[] = [];
  #hasEnded = false;
  #wake: (() => void) | undefined;

  push(entry: FeedEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > MAX_WAITING_EVENTS) this.#hasEnded = true;
    this.#wake?.();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FeedEntry> {
    while (!this.#hasEnded) {
      const entries = this.#entries;
      this.#entries = [];
      yield* entries;
      if (this.#entries.length === 0 && !this.#hasEnded) await this.#nextChange();
    }
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
