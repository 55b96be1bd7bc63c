import type { Reply } from "../port/reply.ts";

/** A platform's reply as the pipeline writes it. */
export interface TrackedReplyOptions {
  /** Aborts beside the platform's own signal. */
  readonly signal: AbortSignal;
  /** Called with each new handle of the platform's reply. */
  readonly onHandle?: (handle: string) => void;
  /** Goes before the first words, and before what is said of a failure: as the model's name. */
  readonly heading?: string;
}

/** The reply with another signal, watched for its handle. */
export function trackReply(reply: Reply, { signal, onHandle, heading = "" }: TrackedReplyOptions): Reply {
  let known: string | undefined;
  let isHeaded = heading === "";
  const watch = async (call: Promise<void>) => {
    await call;
    if (reply.handle === undefined || reply.handle === known) return;
    known = reply.handle;
    onHandle?.(known);
  };
  void watch(Promise.resolve());
  return {
    signal: AbortSignal.any([reply.signal, signal]),
    status: (status) => watch(reply.status(status)),
    append: (text) => {
      const start = isHeaded ? "" : heading;
      isHeaded = true;
      return watch(reply.append(start + text));
    },
    ...(reply.clear && { clear: () => watch(reply.clear!()) }),
    finish: (end, text, stats, buttons) => reply.finish(end, text === "" ? "" : heading + text, stats, buttons),
    fail: (reason, buttons, code) => reply.fail(isHeaded ? reason : heading + reason, buttons, code),
    ...(reply.discard && { discard: () => reply.discard!() }),
    ...(reply.leave && { leave: () => watch(reply.leave!()) }),
  };
}
