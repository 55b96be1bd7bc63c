import { randomUUID } from "node:crypto";
import { conversationKey, writerOf } from "../../conversation/conversation-key.ts";
import type {
  Delivery,
  EntryKind,
  EntryState,
  Inbox,
  NewEntry,
  Ownership,
  TakeOverOptions,
} from "../../conversation/inbox.ts";
import { EVENT_TTL_MS, inboxFullError, MAX_PENDING } from "../../conversation/limits.ts";
import { BotError } from "../../port/bot-error.ts";
import { pause } from "../../port/pause.ts";
import type { Place } from "../../port/place.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import { type Delivered, fieldsOf, RedisDelivery } from "./delivery.ts";
import { claimKey, createRunOnInbox, entryKey, INBOX_TTL_MS, pendingKey, type RunOnInbox } from "./inbox-group.ts";
import { CLAIM, LOOK, NOTE, RENEW, TAKE, WITHDRAW } from "./inbox-scripts.ts";
import { nowMs } from "./now-ms.ts";

/** In a lease: renewals of what is held, and looks for what nobody renews. */
const RENEWALS = 3;
const LOOKS = 4;
/** Entries in a look; the next one goes on behind them. */
const PAGE = 16;
/** A claim that is not answered is made again so often, so long after: a connection that went silent is made anew meanwhile. */
const MAX_CLAIM_TRIES = 3;
const CLAIM_AGAIN_MS = 500;
/** Faults that are logged once each, before they are logged anew. */
const MAX_LOGGED = 1_000;
const NOT_TAKEN = "what another process left cannot be taken over";
/** Of claims that were never answered. */
const MAX_WITHDRAWN = 1_000;

/**
 * A stream of entries a writer, with a consumer group: what a process claims is pending for its consumer, renewed as long as it
 * lives, and else taken over by another. docs/decisions/0007-recovery-by-a-stream.md.
 */
export class RedisInbox implements Inbox {
  readonly isShared = true;
  readonly #redis: RedisConnection;
  readonly #run: RunOnInbox;
  readonly #leaseMs: number;
  readonly #held = new Set<RedisDelivery>();
  readonly #isReleasing = new AbortController();
  #renewing: NodeJS.Timeout | undefined;
  #numWithdrawn = 0;
  readonly #logged = new Set<string>();

  constructor(redis: RedisConnection, leaseMs: number) {
    this.#redis = redis;
    this.#run = createRunOnInbox(redis);
    this.#leaseMs = leaseMs;
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
    const leaseEndMs = nowMs() + this.#leaseMs;
    const ids = JSON.stringify([entry.messageId, entry.replyId]);
    const args = [JSON.stringify(head), raw, EVENT_TTL_MS, INBOX_TTL_MS, MAX_PENDING, ids, token];
    const keys = [claimKey(writer, entry.eventId), pendingKey(writer, conversationKey(entry.place))];
    const id = await this.#run<string>(CLAIM, { writer, keys, args });
    if (id === "full") throw inboxFullError();
    return id === "claimed" ? undefined : this.#hold({ entry, state: {}, id, ageMs: 0, count: 1, leaseEndMs });
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
      this.#run(WITHDRAW, { writer, keys, args }).then(
        () => true,
        (error: unknown) => {
          this.#logFault(eventId, error, "Redis refuses to withdraw a message whose sender was told");
          return !isUnavailable(error);
        },
      );
    while (!signal.aborted && !(await tell())) await pause(this.#leaseMs / LOOKS, signal);
    this.#numWithdrawn--;
  }

  async note(place: Place, changes: EntryState, ids: readonly string[] = []): Promise<void> {
    const writer = writerOf(place);
    const fields = fieldsOf(changes);
    const args = [entryKey(writer, ""), INBOX_TTL_MS, fields.length, ...fields, ...ids];
    await this.#run(NOTE, { writer, keys: [pendingKey(writer, conversationKey(place))], args });
  }

  takeOver(options: TakeOverOptions): () => void {
    const ended = new AbortController();
    void this.#watch(options, AbortSignal.any([ended.signal, this.#isReleasing.signal]));
    return () => ended.abort();
  }

  /** This process takes nothing over any more, or it would take what it releases. */
  async releaseAll(): Promise<void> {
    this.#isReleasing.abort();
    await Promise.all([...this.#held].map((delivery) => delivery.release()));
  }

  /** What is held is left to go idle, as with a crash. */
  close(): void {
    this.#isReleasing.abort();
    for (const delivery of this.#held) delivery.renew("taken", 0);
    clearInterval(this.#renewing);
  }

  #hold(delivered: Delivered): RedisDelivery {
    const delivery = new RedisDelivery(delivered, {
      run: this.#run,
      onSettled: (settled) => this.#letGo(settled),
      onFault: (about, error, text) => this.#logFault(about, error, text),
    });
    this.#held.add(delivery);
    this.#renewing ??= setInterval(() => this.#renewAll(), this.#leaseMs / RENEWALS).unref();
    return delivery;
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
    for (const [writer, deliveries] of pending)
      void this.#renew(writer, deliveries).catch((error: unknown) => {
        this.#logFault(writer, error, "Redis refuses to renew what is being answered");
        if (!isUnavailable(error)) for (const delivery of deliveries) delivery.refuse();
      });
  }

  async #renew(writer: string, deliveries: readonly RedisDelivery[]): Promise<void> {
    const leaseEndMs = nowMs() + this.#leaseMs;
    const keys = deliveries.map(({ claim }) => claim);
    const args = [EVENT_TTL_MS, ...deliveries.map(({ id }) => id)];
    const owners = await this.#run<Ownership[]>(RENEW, { writer, keys, args });
    for (const [index, delivery] of deliveries.entries()) delivery.renew(owners[index]!, leaseEndMs);
  }

  /**
   * Only what was released is taken until this process has looked for a lease without a gap: after Redis was away, and after a
   * sleep of this machine, what others renew looks idle too.
   */
  async #watch(options: TakeOverOptions, signal: AbortSignal): Promise<void> {
    const { writer } = options;
    let from = "-";
    let lookedAtMs = -Infinity;
    let steadySinceMs = 0;
    while (!signal.aborted) {
      const atMs = nowMs();
      if (atMs - lookedAtMs > this.#leaseMs) steadySinceMs = atMs;
      const consumers = atMs - steadySinceMs < this.#leaseMs ? ["released"] : [];
      const args = [2 * this.#leaseMs, from, PAGE, INBOX_TTL_MS, entryKey(writer, ""), ...consumers];
      try {
        const page = pairs(await this.#run<string[]>(LOOK, { writer, args }));
        lookedAtMs = nowMs();
        from = page.length < PAGE ? "-" : `(${page.at(-1)![0]}`;
        const isTaken = await this.#takeAll(page, options, signal);
        if (isTaken && from !== "-") continue;
      } catch (error) {
        this.#logFault(writer, error, NOT_TAKEN);
        lookedAtMs = -Infinity;
      }
      await pause(this.#leaseMs / LOOKS, signal);
    }
  }

  /** Returns whether there was anything to take. What is wrong with one entry keeps nobody from the next. */
  async #takeAll(found: Pairs, options: TakeOverOptions, signal: AbortSignal): Promise<boolean> {
    let isAny = false;
    for (const [id, json] of found) {
      if (signal.aborted) break;
      const isTaken = await this.#takeOne(id, parseHead(json), { ...options, signal }).catch((error: unknown) => {
        if (isUnavailable(error)) throw error;
        this.#logFault(id, error, NOT_TAKEN);
        return false;
      });
      isAny ||= isTaken;
    }
    return isAny;
  }

  /** What this process holds is its own to renew. */
  async #takeOne(id: string, head: Head | undefined, { serves, onDelivery, signal }: TakeOne): Promise<boolean> {
    if (!head || !serves(head.place) || this.#isHeld(id, writerOf(head.place))) return false;
    const delivery = await this.#take(id, head);
    if (signal.aborted) await delivery?.release();
    else if (delivery) onDelivery(delivery);
    return true;
  }

  /** Once for each entry, since it is tried again and again. That Redis is away is told elsewhere. */
  #logFault(about: string, error: unknown, text: string): void {
    const fault = `${about} ${text}`;
    if (isUnavailable(error) || this.#logged.has(fault)) return;
    if (this.#logged.size >= MAX_LOGGED) this.#logged.clear();
    this.#logged.add(fault);
    this.#redis.logger.error({ err: error, about }, text);
  }

  async #take(id: string, head: Head): Promise<RedisDelivery | undefined> {
    const writer = writerOf(head.place);
    const keys = [claimKey(writer, head.eventId), entryKey(writer, id)];
    const args = [id, 2 * this.#leaseMs, EVENT_TTL_MS];
    const leaseEndMs = nowMs() + this.#leaseMs;
    const [count, ageMs, raw, ...fields] = await this.#run<readonly string[]>(TAKE, { writer, keys, args });
    if (raw === undefined) return undefined;
    const state = Object.fromEntries(pairs(fields).flatMap(([name, json]) => this.#readField(id, name, json)));
    return this.#hold({ entry: { ...head, raw }, state, id, ageMs: Number(ageMs), count: Number(count), leaseEndMs });
  }

  /** One that cannot be read is left out rather than stopping the entry. */
  #readField(id: string, name: string, json: string): readonly (readonly [string, unknown])[] {
    try {
      return [[name, JSON.parse(json)]];
    } catch (error) {
      this.#logFault(`${id} ${name}`, error, NOT_TAKEN);
      return [];
    }
  }

  #isHeld(id: string, writer: string): boolean {
    return [...this.#held].some((delivery) => delivery.id === id && delivery.writer === writer);
  }
}

const isUnavailable = (error: unknown) => error instanceof BotError && error.code === "MEMORY_UNAVAILABLE";

type TakeOne = Pick<TakeOverOptions, "serves" | "onDelivery"> & { readonly signal: AbortSignal };

type Head = Omit<NewEntry, "raw">;
const KINDS: readonly EntryKind[] = ["message", "press", "comparison"];

/** An entry that this version cannot read is left to those who can. */
function parseHead(json: string): Head | undefined {
  try {
    const head = JSON.parse(json) as Head;
    return KINDS.includes(head.kind) ? head : undefined;
  } catch {
    return undefined;
  }
}

type Pairs = readonly (readonly [string, string])[];

/** As Redis lists names with their values. */
function pairs(flat: readonly string[]): Pairs {
  return flat.flatMap((each, index) => (index % 2 === 0 ? [[each, flat[index + 1]!] as const] : []));
}
