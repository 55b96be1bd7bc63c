import { writerOf } from "../conversation/conversation-key.ts";
import type { Delivery, Inbox, NewEntry, Ownership, TakeOverOptions } from "../conversation/inbox.ts";
import { EVENT_TTL_MS, inboxFullError, MAX_PENDING } from "../conversation/limits.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { type Delivered, INBOX_TTL_MS, RedisDelivery } from "./redis-delivery.ts";
import { claimKey, RedisInboxGroup } from "./redis-inbox-group.ts";
import { CLAIM, RENEW } from "./redis-inbox-scripts.ts";
import { RedisTakeOver } from "./redis-take-over.ts";

/** Renewals in a lease. */
const RENEWALS = 3;
/** Renewed by one script. */
const BATCH = 250;
/** Ends that Redis did not hear, repeated until it does; beyond them the oldest are left to whoever takes the entry over. */
const MAX_UNHEARD_ENDS = 1_000;

/**
 * A stream of entries a writer, with one consumer group: what a process claims is pending for its consumer, renewed as long as
 * it lives, and taken over by another where it is not. docs/decisions/0007-recovery-by-a-stream.md.
 */
export class RedisInbox implements Inbox {
  readonly isShared = true;
  readonly #redis: RedisConnection;
  readonly #group: RedisInboxGroup;
  readonly #leaseMs: number;
  readonly #held = new Map<string, RedisDelivery>();
  readonly #closing = new AbortController();
  #renewing: NodeJS.Timeout | undefined;

  constructor(redis: RedisConnection, leaseMs: number) {
    this.#redis = redis;
    this.#group = new RedisInboxGroup(redis);
    this.#leaseMs = leaseMs;
  }

  async claim(entry: NewEntry): Promise<Delivery | undefined> {
    const writer = writerOf(entry.place);
    const { raw, ...head } = entry;
    const leaseEndMs = this.#leaseEndMs();
    const args = [JSON.stringify(head), raw, EVENT_TTL_MS, INBOX_TTL_MS, MAX_PENDING];
    const [id] = await this.#group.run<[string]>(CLAIM, writer, [claimKey(writer, entry.eventId)], args);
    if (id === "full") throw inboxFullError();
    if (id === "claimed") return undefined;
    return this.#hold({ writer, entry, state: {}, id, count: 1, leaseEndMs });
  }

  async claimEvent(writer: string, eventId: string, ttlMs = EVENT_TTL_MS): Promise<boolean> {
    const options = { condition: "NX", expiration: { type: "PX", value: ttlMs } } as const;
    return (await this.#redis.run((client) => client.set(claimKey(writer, eventId), "1", options))) === "OK";
  }

  takeOver(options: TakeOverOptions): () => void {
    const ended = new AbortController();
    const takeOver = new RedisTakeOver(this.#group, options, {
      leaseMs: this.#leaseMs,
      isHeld: (id) => this.#held.has(heldKey(options.writer, id)),
      hold: (delivered) => this.#hold(delivered),
    });
    void takeOver.run(AbortSignal.any([ended.signal, this.#closing.signal]));
    return () => ended.abort();
  }

  /** This process takes nothing over any more, or it would take what it releases. */
  async releaseAll(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#held.values()].map((delivery) => delivery.release()));
  }

  close(): void {
    this.#closing.abort();
    clearInterval(this.#renewing);
  }

  #leaseEndMs(): number {
    return performance.now() + this.#leaseMs;
  }

  #hold(delivered: Delivered): RedisDelivery {
    const key = heldKey(delivered.writer, delivered.id);
    const delivery = new RedisDelivery(delivered, this.#group, () => this.#settle(key));
    this.#held.set(key, delivery);
    this.#renewing ??= setInterval(() => this.#renewAll(), this.#leaseMs / RENEWALS).unref();
    return delivery;
  }

  #settle(key: string): void {
    this.#held.delete(key);
    if (this.#held.size > 0) return;
    clearInterval(this.#renewing);
    this.#renewing = undefined;
  }

  /** What cannot be renewed is tried again a third of a lease later. */
  #renewAll(): void {
    const held = [...this.#held.values()];
    const ended = held.filter(({ isEnded }) => isEnded);
    for (const { writer, id } of ended.slice(0, -MAX_UNHEARD_ENDS)) this.#settle(heldKey(writer, id));
    for (const delivery of ended.slice(-MAX_UNHEARD_ENDS)) void delivery.tellEnd();
    const byWriter = new Map<string, RedisDelivery[]>();
    for (const delivery of held) {
      const ofWriter = byWriter.get(delivery.writer) ?? [];
      byWriter.set(delivery.writer, ofWriter);
      if (!delivery.isEnded) ofWriter.push(delivery);
    }
    for (const [writer, deliveries] of byWriter)
      for (let from = 0; from < deliveries.length; from += BATCH)
        void this.#renew(writer, deliveries.slice(from, from + BATCH)).catch(() => undefined);
  }

  async #renew(writer: string, deliveries: readonly RedisDelivery[]): Promise<void> {
    const leaseEndMs = this.#leaseEndMs();
    const claims = deliveries.map(({ claim }) => claim);
    const args = [EVENT_TTL_MS, ...deliveries.map(({ id }) => id)];
    const owners = await this.#group.run<Ownership[]>(RENEW, writer, claims, args);
    for (const [index, delivery] of deliveries.entries()) delivery.renewed(owners[index]!, leaseEndMs);
  }
}

const heldKey = (writer: string, id: string) => `${writer} ${id}`;
