import type { Reply } from "../port/reply.ts";

/** A platform's reply as the pipeline writes it. */
export interface TrackedReplyOptions {
  /** Aborts beside the platform's own signal. */
  readonly signal: AbortSignal;
  /** Awaited before each write. Rejects where nothing is to be written any more. */
  readonly beforeWrite?: () => Promise<void>;
  /** Called with each new handle of the platform's reply. */
  readonly onHandle?: (handle: string) => void;
  /** Goes before the first words, and before what is said of a failure: as the model's name. */
  readonly heading?: string;
}

/** The reply with another signal, guarded and watched for its handle. */
export function trackReply(reply: Reply, options: TrackedReplyOptions): Reply {
  const { signal, beforeWrite = async () => {}, onHandle, heading = "" } = options;
  let known: string | undefined;
  let isHeaded = heading === "";
  const watch = () => {
    if (!reply.handle || reply.handle === known) return;
    known = reply.handle;
    onHandle?.(known);
  };
  const write = async (call: () => Promise<void>) => {
    await beforeWrite();
    await call();
    watch();
  };
  watch();
  return {
    signal: AbortSignal.any([reply.signal, signal]),
    get shownIn() {
      return reply.shownIn ?? [];
    },
    status: (status) => write(() => reply.status(status)),
    append: (text) => {
      const start = isHeaded ? "" : heading;
      isHeaded = true;
      return write(() => reply.append(start + text));
    },
    ...(reply.clear && { clear: () => write(() => reply.clear!()) }),
    finish: (end, text, stats, buttons) =>
      write(() => reply.finish(end, text === "" ? "" : heading + text, stats, buttons)),
    fail: (reason, buttons, code) => write(() => reply.fail(isHeaded ? reason : heading + reason, buttons, code)),
    ...(reply.discard && { discard: () => write(() => reply.discard!()) }),
    ...(reply.leave && { leave: () => reply.leave!().finally(watch) }),
  };
}
