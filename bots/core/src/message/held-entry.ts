import type { Delivery } from "../conversation/inbox.ts";
import type { Reply, ReplyFacts } from "../port/reply.ts";
import type { RunningReply } from "../reply/running-replies.ts";
import { trackReply } from "../reply/tracked-reply.ts";
import type { Core } from "./core.ts";

/** How an entry's reply is written. */
export interface WriteOptions {
  /** Whether its author was let in and it was counted. */
  readonly isAdmitted: boolean;
  /** Of the conversation as it begins; undefined where that is not known. */
  readonly generation?: string | undefined;
  /** Before its first words. */
  readonly heading?: string;
}

/** An entry that this process holds, and its reply, until it is ended or another's. */
export class HeldEntry {
  readonly delivery: Delivery;
  readonly running: RunningReply;
  readonly #core: Core;

  constructor(core: Core, delivery: Delivery, running: RunningReply) {
    this.#core = core;
    this.delivery = delivery;
    this.running = running;
    const { gone } = delivery;
    const stop = () => running.stop(gone.reason);
    if (gone.aborted) stop();
    gone.addEventListener("abort", stop, { once: true });
  }

  /** What a platform may want to know of the reply. */
  facts(settings: ReplyFacts["settings"]): ReplyFacts {
    return {
      settings,
      wantsFeedback: this.#core.feedback !== undefined && (settings.feedback ?? false),
      // What its deletion took from the store is still to be ended on the platform.
      mayWrite: async () => this.running.isDeleted || (await this.delivery.owns()) !== "taken",
    };
  }

  /** The platform's reply, written as long as it is this process's to write; its handle is kept for whoever takes it over. */
  writes(reply: Reply, { isAdmitted, generation, ...heading }: WriteOptions): Reply {
    return trackReply(reply, {
      ...heading,
      signal: this.running.signal,
      beforeWrite: () => this.check(),
      onHandle: (handle) => this.delivery.keep({ handle, isAdmitted, ...(generation !== undefined && { generation }) }),
    });
  }

  /**
   * Resolves when it is known that the entry is this process's to answer, which takes as long as the store is away for more
   * than a lease. Rejects where it is another's.
   */
  async check(): Promise<void> {
    if ((await this.delivery.owns()) === "taken") this.running.stop("taken");
    if (this.running.isAnothers) throw new Error("another process writes this reply");
  }

  /** Ends it, or gives it to another process. Never rejects. */
  async close(): Promise<void> {
    if (this.running.end === "released") await this.delivery.release();
    else await this.delivery.end();
  }
}
