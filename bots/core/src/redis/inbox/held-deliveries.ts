import type { Ownership } from "../../conversation/inbox.ts";
import { EVENT_TTL_MS } from "../../conversation/limits.ts";
import { type Delivered, RedisDelivery } from "./delivery.ts";
import { isUnavailable, type LogFault } from "./fault-log.ts";
import type { RunOnInbox } from "./inbox-group.ts";
import { RENEW } from "./inbox-scripts.ts";
import { nowMs } from "./now-ms.ts";

/** In a lease. */
const RENEWALS = 3;

/** What the parts of an inbox share. */
export interface InboxParts {
  readonly run: RunOnInbox;
  /** How long what this process holds is its own without a sign of life. */
  readonly leaseMs: number;
  readonly logFault: LogFault;
}

/** What this process holds, renewed as long as it does. */
export class HeldDeliveries {
  readonly #parts: InboxParts;
  readonly #held = new Set<RedisDelivery>();
  #renewing: NodeJS.Timeout | undefined;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  hold(delivered: Delivered): RedisDelivery {
    const { run, leaseMs, logFault } = this.#parts;
    const onSettled = (settled: RedisDelivery) => this.#letGo(settled);
    const delivery = new RedisDelivery(delivered, { run, onSettled, onFault: logFault });
    this.#held.add(delivery);
    this.#renewing ??= setInterval(() => this.#renewAll(), leaseMs / RENEWALS).unref();
    return delivery;
  }

  has(id: string, writer: string): boolean {
    return [...this.#held].some((delivery) => delivery.id === id && delivery.writer === writer);
  }

  async releaseAll(): Promise<void> {
    await Promise.all([...this.#held].map((delivery) => delivery.release()));
  }

  /** All are left to go idle, as with a crash. */
  drop(): void {
    for (const delivery of this.#held) delivery.renew("taken", 0);
    clearInterval(this.#renewing);
  }

  #letGo(delivery: RedisDelivery): void {
    this.#held.delete(delivery);
    if (this.#held.size > 0) return;
    clearInterval(this.#renewing);
    this.#renewing = undefined;
  }

  /** What cannot be renewed, or ended, is tried again a third of a lease later. */
  #renewAll(): void {
    const pending = new Map<string, RedisDelivery[]>();
    for (const delivery of this.#held)
      if (delivery.isEnded) void delivery.tellEnd();
      else pending.set(delivery.writer, [...(pending.get(delivery.writer) ?? []), delivery]);
    for (const [writer, deliveries] of pending) void this.#renew(writer, deliveries);
  }

  async #renew(writer: string, deliveries: readonly RedisDelivery[]): Promise<void> {
    const { run, leaseMs, logFault } = this.#parts;
    const leaseEndMs = nowMs() + leaseMs;
    const keys = deliveries.map(({ claim }) => claim);
    const args = [EVENT_TTL_MS, ...deliveries.map(({ id }) => id)];
    try {
      const owners = await run<Ownership[]>(RENEW, { writer, keys, args });
      for (const [index, delivery] of deliveries.entries()) delivery.renew(owners[index]!, leaseEndMs);
    } catch (error) {
      logFault(writer, error, "Redis refuses to renew what is being answered");
      if (!isUnavailable(error)) for (const delivery of deliveries) delivery.refuse();
    }
  }
}
