import type { Context } from "hono";
import { type SSEMessage, type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { EventFeed, FeedEntry } from "../feed/event-feed.ts";

/** Events waiting for one slow page; past that its connection is cut, and it comes back for what it missed. */
export const MAX_WAITING_EVENTS = 1_000;
/** Shorter than the minute after which proxies cut silent connections. */
const PING_INTERVAL_MS = 15_000;
/**
 * A stream asks its page to come again after this time, and ends soon after where it does not: what is written into a
 * network that went away looks sent for a quarter of an hour.
 */
const RENEWAL_MS = 120_000;
const RENEWAL_LIMIT_MS = 150_000;

export interface EventStreamOptions {
  readonly feed: EventFeed;
  readonly personId: string;
  /** The last event the page saw. */
  readonly after: string;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  readonly onClose: () => void;
}

/** Streams events to one page: first what it missed, then each as it comes. Sends `resync` if too much was missed. */
export function streamEvents(context: Context, options: EventStreamOptions): Response {
  return streamSSE(context, (stream) => sendEvents(stream, options));
}

/** Tells a page in one event why it gets no stream: the status of an answer is hidden from an `EventSource`. */
export function refuseEvents(context: Context, reason: string): Response {
  return streamSSE(context, (stream) => stream.writeSSE({ event: "refused", data: reason }));
}

async function sendEvents(stream: SSEStreamingApi, options: EventStreamOptions): Promise<void> {
  const { feed, personId, after, signal } = options;
  // Read and subscribed in the same turn: nothing falls in between.
  const missed = feed.missedSince(after, personId);
  const canResume = missed !== undefined && missed.length < MAX_WAITING_EVENTS;
  const first = canResume ? messageOf("ping") : { event: "resync", data: "", id: feed.lastId };
  const queue = new EventQueue(canResume ? missed : []);
  // Aborted, not ended: the write that a stalled page holds up would never return.
  const abort = () => stream.abort();
  const unsubscribe = feed.subscribe(personId, (entry) => queue.push(entry) || abort());
  const timers = [
    setInterval(() => queue.isIdle && queue.push("ping"), PING_INTERVAL_MS),
    setTimeout(() => queue.push("renew"), RENEWAL_MS),
    setTimeout(abort, RENEWAL_LIMIT_MS),
  ];
  stream.onAbort(() => {
    unsubscribe();
    queue.end();
  });
  signal.addEventListener("abort", abort, { once: true });
  try {
    await stream.writeSSE(first);
    for await (const item of queue) await stream.writeSSE(messageOf(item));
  } finally {
    for (const timer of timers) clearTimeout(timer);
    unsubscribe();
    signal.removeEventListener("abort", abort);
    options.onClose();
  }
}

type QueueItem = FeedEntry | "ping" | "renew";

function messageOf(item: QueueItem): SSEMessage {
  if (item === "ping" || item === "renew") return { event: item, data: "" };
  return { id: item.id, data: JSON.stringify(item.event) };
}

class EventQueue implements AsyncIterable<QueueItem> {
  #items: QueueItem[];
  #hasEnded = false;
  #wake: (() => void) | undefined;

  constructor(items: readonly QueueItem[]) {
    this.#items = [...items];
  }

  /** Whether the reader has taken and sent everything. */
  get isIdle(): boolean {
    return this.#wake !== undefined;
  }

  /** Adds an item, or says that the queue is full. */
  push(item: QueueItem): boolean {
    if (this.#items.length >= MAX_WAITING_EVENTS) return false;
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  /** Ends the queue and drops what waits. */
  end(): void {
    this.#hasEnded = true;
    this.#items = [];
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<QueueItem> {
    while (!this.#hasEnded) {
      const item = this.#items.shift();
      if (item === undefined) await this.#nextChange();
      else yield item;
    }
  }

  async #nextChange(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }
}
