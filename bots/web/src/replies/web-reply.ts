import { BOT_ERRORS, type Reply, type ReplyButtons } from "@cria/bot-core";
import type { Timeline } from "../timeline/timeline.ts";
import type { Person } from "../wire.ts";

/** Tokens that come within this time go to the pages together: 25 changes a second read as a flow. */
const APPEND_INTERVAL_MS = 40;

/** Where a reply is written. */
export interface WebReplyOptions {
  readonly timeline: Timeline;
  /** The message that shows it. */
  readonly messageId: string;
  readonly signal: AbortSignal;
  /** What the message shows already, for a reply that goes on. Default "". */
  readonly before?: string;
  /** What a server that died had written of it: it stands until there is a new word. Default "". */
  readonly left?: string;
  /** Who pressed Stop; undefined: nobody. */
  readonly stoppedBy?: () => Person | undefined;
  /** Called once nothing more is written. */
  readonly onEnded?: () => void;
  /** It ended without a word; default: as one that was stopped. */
  readonly onDiscarded?: () => void;
  /** Another server goes on with it. */
  readonly onLeave?: () => void;
}

/** A reply on the page: the first words go out at once, then what has come every 40 ms. */
export function createWebReply(options: WebReplyOptions): Reply {
  const { timeline, messageId, signal, before = "", left = "", onEnded, onLeave } = options;
  let pending = "";
  let timer: NodeJS.Timeout | undefined;
  let isStreaming = false;
  let isLeftShown = left !== "";

  function flush(): void {
    timeline.append(messageId, pending);
    timer = pending === "" ? undefined : setTimeout(flush, APPEND_INTERVAL_MS);
    pending = "";
  }

  function flushLast(): void {
    clearTimeout(timer);
    timeline.append(messageId, pending);
    pending = "";
  }

  return {
    signal,
    handle: messageId,
    async status(status) {
      isStreaming = false;
      timeline.setState(messageId, status);
    },
    async append(text) {
      if (!isStreaming) timeline.setState(messageId, { type: "streaming" }, isLeftShown ? "" : undefined);
      isStreaming = true;
      isLeftShown = false;
      pending += text;
      if (timer === undefined) flush();
    },
    async finish(end, text, stats, buttons) {
      flushLast();
      const stoppedBy = end === "stopped" ? options.stoppedBy?.() : undefined;
      const more = { ...(stats && { stats }), ...(stoppedBy && { stoppedBy }), ...useful(buttons) };
      timeline.setState(messageId, { type: "ended", end, ...more }, before + text || left);
      onEnded?.();
    },
    async discard() {
      flushLast();
      const stopped = { type: "ended", end: "stopped" } as const;
      if (options.onDiscarded === undefined) timeline.setState(messageId, stopped, before || left);
      else options.onDiscarded();
      onEnded?.();
    },
    async leave() {
      flushLast();
      onLeave?.();
      onEnded?.();
    },
    async fail(reason, buttons, code) {
      flushLast();
      // Without Retry: it fails again as it is, and somebody else's would ask for who may not.
      const isFinal = code !== undefined && !BOT_ERRORS[code].canPressAgain;
      const state = { type: "failed", reason, ...(isFinal && { isFinal }), ...useful(buttons) } as const;
      timeline.setState(messageId, state);
      onEnded?.();
    },
  };
}

function useful(buttons: ReplyButtons = "all") {
  return buttons === "all" ? {} : { buttons };
}
