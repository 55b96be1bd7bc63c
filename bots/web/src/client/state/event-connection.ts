import type { ServerEvent } from "../../wire.ts";
import { newId } from "./new-id.ts";

/** A connection that has been silent for so long is dead: the server pings every 15 s. */
const SILENCE_LIMIT_MS = 40_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;

export interface EventConnectionOptions {
  /** The last event already known. */
  readonly after: string;
  onEvent(event: ServerEvent, number: number): void;
  /** Too much was missed: everything must be loaded afresh. */
  onResync(): void;
  onConnected(isConnected: boolean): void;
  /** The server has no room for this window, and says why. It is asked again, seldom. */
  onRefused(sentence: string): void;
}

/** Keeps an event stream open: after each cut it goes on after the last event seen. Returns what closes it. */
export function connectEvents(options: EventConnectionOptions): () => void {
  const windowId = newId();
  let after = options.after;
  let source: EventSource | undefined;
  let timer: number | undefined;
  let retryMs = FIRST_RETRY_MS;

  function open(): void {
    source = new EventSource(`/api/events?window=${windowId}&after=${encodeURIComponent(after)}`);
    source.onerror = reopen;
    source.addEventListener("ping", onAlive);
    source.addEventListener("renew", reopenNow);
    source.addEventListener("refused", (event: MessageEvent<string>) => {
      retryMs = LONGEST_RETRY_MS;
      reopen();
      options.onRefused(event.data);
    });
    source.addEventListener("resync", (event) => {
      after = event.lastEventId;
      onAlive();
      options.onResync();
    });
    source.onmessage = (event: MessageEvent<string>) => {
      after = event.lastEventId;
      watchSilence();
      options.onEvent(JSON.parse(event.data) as ServerEvent, eventNumber(event.lastEventId));
    };
    watchSilence();
  }

  function onAlive(): void {
    retryMs = FIRST_RETRY_MS;
    watchSilence();
    options.onConnected(true);
  }

  function watchSilence(): void {
    clearTimeout(timer);
    timer = window.setTimeout(reopen, SILENCE_LIMIT_MS);
  }

  // The browser's own retry gives up on some errors, so every cut opens a new source.
  function reopen(): void {
    source?.close();
    options.onConnected(false);
    clearTimeout(timer);
    timer = window.setTimeout(open, retryMs * (0.75 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  }

  function reopenNow(): void {
    source?.close();
    clearTimeout(timer);
    open();
  }

  window.addEventListener("online", reopenNow);
  window.addEventListener("offline", reopen);
  open();
  return () => {
    window.removeEventListener("online", reopenNow);
    window.removeEventListener("offline", reopen);
    clearTimeout(timer);
    source?.close();
  };
}

/** The run of the server that an event is of. */
export function eventRun(id: string): string {
  return id.slice(0, id.lastIndexOf("-"));
}

/** The place of an event in the feed. */
export function eventNumber(id: string): number {
  return Number(id.slice(id.lastIndexOf("-") + 1));
}
