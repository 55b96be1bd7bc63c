import { randomUUID } from "node:crypto";
import { conversationKey, writerOf } from "../../conversation/conversation-key.ts";
import type { Delivery, EntryState, Inbox, NewEntry, TakeOverOptions } from "../../conversation/inbox.ts";
import { EVENT_TTL_MS, inboxFullError, MAX_PENDING } from "../../conversation/limits.ts";
import { pause } from "../../port/pause.ts";
import type { Place } from "../../port/place.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import { fieldsOf } from "./delivery.ts";
import { createFaultLog, isUnavailable } from "./fault-log.ts";
import { HeldDeliveries, type InboxParts } from "./held-deliveries.ts";
import { claimKey, createRunOnInbox, entryKey, INBOX_TTL_MS, pendingKey } from "./inbox-group.ts";
import { CLAIM, NOTE, WITHDRAW } from "./inbox-scripts.ts";
import { nowMs } from "./now-ms.ts";
import { takeOver } from "./take-over.ts";

/** In a lease, to withdraw a claim. */
const WITHDRAWALS = 4;
/** A claim that is not answered is made again so often, so long after: a connection that went silent is made anew meanwhile. */
const MAX_CLAIM_TRIES = 3;
const CLAIM_AGAIN_MS = 500;
/** Of claims that were never answered. */
const MAX_WITHDRAWN = 1_000;

/**
 * A stream of entries a writer, with a consumer group: what a process claims is pending for its consumer, renewed as long as it
 * lives, and else taken over by another. docs/decisions/0007-recovery-by-a-stream.md.
 */
export class RedisInbox implements Inbox {
  readonly isShared = true;
  readonly #parts: InboxParts;
  readonly #held: HeldDeliveries;
  readonly #isReleasing = new AbortController();
  #numWithdrawn = 0;

  constructor(redis: RedisConnection, leaseMs: number) {
    this.#parts = { run: createRunOnInbox(redis), leaseMs, logFault: createFaultLog(redis.logger) };
    this.#held = new HeldDeliveries(this.#parts);
  }

  /** Redis may have given what it did not answer; where the sender is told that it could not be reached, that is taken back. */
  async claim(entry: NewEntry): Promise<Delivery | undefined> {
    const token = randomUUID();
    try {
      return await this.#claimWithin(MAX_CLAIM_TRIES, entry, token);
    } catch (error) {
      if (isUnavailable(error)) void this.#withdraw(entry, token);
      throw error;
    }
  }

  async #claimWithin(tries: number, entry: NewEntry, token: string): Promise<Delivery | undefined> {
    const { signal } = this.#isReleasing;
    try {
      return await this.#claim(entry, token);
    } catch (error) {
      if (!isUnavailable(error) || tries === 1 || signal.aborted) throw error;
    }
    await pause(CLAIM_AGAIN_MS, signal);
    return await this.#claimWithin(tries - 1, entry, token);
  }

  async #claim(entry: NewEntry, token: string): Promise<Delivery | undefined> {
    const writer = writerOf(entry.place);
    const { raw, ...head } = entry;
    const leaseEndMs = nowMs() + this.#parts.leaseMs;
    const ids = JSON.stringify([entry.messageId, entry.replyId]);
    const args = [JSON.stringify(head), raw, EVENT_TTL_MS, INBOX_TTL_MS, MAX_PENDING, ids, token];
    const keys = [claimKey(writer, entry.eventId), pendingKey(writer, conversationKey(entry.place))];
    const id = await this.#parts.run<string>(CLAIM, { writer, keys, args });
    if (id === "full") throw inboxFullError();
    return id === "claimed" ? undefined : this.#held.hold({ entry, state: {}, id, ageMs: 0, count: 1, leaseEndMs });
  }

  /** Ends it as soon as Redis is there, before anybody takes it over. */
  async #withdraw({ place, eventId, kind }: NewEntry, token: string): Promise<void> {
    if (this.#numWithdrawn >= MAX_WITHDRAWN) return;
    this.#numWithdrawn++;
    const writer = writerOf(place);
    const keys = [claimKey(writer, eventId), pendingKey(writer, conversationKey(place))];
    const args = [token, kind === "press" ? "" : EVENT_TTL_MS, entryKey(writer, "")];
    const { signal } = this.#isReleasing;
    const tell = () =>
      this.#parts.run(WITHDRAW, { writer, keys, args }).then(
        () => true,
        (error: unknown) => {
          this.#parts.logFault(eventId, error, "Redis refuses to withdraw a message whose sender was told");
          return !isUnavailable(error);
        },
      );
    while (!signal.aborted && !(await tell())) await pause(this.#parts.leaseMs / WITHDRAWALS, signal);
    this.#numWithdrawn--;
  }

  async note(place: Place, changes: EntryState, ids: readonly string[] = []): Promise<void> {
    const writer = writerOf(place);
    const fields = fieldsOf(changes);
    const args = [entryKey(writer, ""), INBOX_TTL_MS, fields.length, ...fields, ...ids];
    await this.#parts.run(NOTE, { writer, keys: [pendingKey(writer, conversationKey(place))], args });
  }

  takeOver(options: TakeOverOptions): () => void {
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.#isReleasing.signal]);
    void takeOver({ parts: this.#parts, held: this.#held, options, signal });
    return () => ended.abort();
  }

  /** This process takes nothing over any more, or it would take what it releases. */
  async releaseAll(): Promise<void> {
    this.#isReleasing.abort();
    await this.#held.releaseAll();
  }

  /** What is held is left to go idle, as with a crash. */
  close(): void {
    this.#isReleasing.abort();
    this.#held.drop();
  }
}
