import type { Person } from "../wire.ts";

/** A reply that is being made. */
export interface OpenReply {
  readonly channelId: string;
  /** Gives the reply up, as at a shutdown. Stop goes through the bot. */
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
  /** Who pressed Stop. */
  stoppedBy?: Person | undefined;
}

/** The replies that this server makes, by the messages that show them. */
export class OpenReplies {
  readonly #open = new Map<string, OpenReply>();

  get(messageId: string): OpenReply | undefined {
    return this.#open.get(messageId);
  }

  /** Holds a reply until it has ended. */
  hold(messageId: string, { channelId, abort, ended }: OpenReply, onEnded: () => Promise<void>): void {
    const finished = ended.then(() => {
      this.#open.delete(messageId);
      return onEnded();
    });
    this.#open.set(messageId, { channelId, abort, ended: finished });
  }

  isBusy(channelId: string): boolean {
    return this.#of(channelId).length > 0;
  }

  /** Gives up what is made in a channel, or everywhere. Resolves when it has ended. */
  async end(channelId?: string): Promise<void> {
    const replies = this.#of(channelId);
    for (const reply of replies) reply.abort.abort();
    await Promise.all(replies.map((reply) => reply.ended));
  }

  #of(channelId: string | undefined): readonly OpenReply[] {
    return [...this.#open.values()].filter((reply) => channelId === undefined || reply.channelId === channelId);
  }
}
