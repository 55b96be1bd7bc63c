import { writerOf } from "../../conversation/conversation-key.ts";
import type { EntryKind, NewEntry, TakeOverOptions } from "../../conversation/inbox.ts";
import { EVENT_TTL_MS } from "../../conversation/limits.ts";
import { pause } from "../../port/pause.ts";
import type { RedisDelivery } from "./delivery.ts";
import { isUnavailable } from "./fault-log.ts";
import type { HeldDeliveries, InboxParts } from "./held-deliveries.ts";
import { claimKey, entryKey, INBOX_TTL_MS } from "./inbox-group.ts";
import { LOOK, TAKE } from "./inbox-scripts.ts";
import { nowMs } from "./now-ms.ts";

/** In a lease, for what nobody renews. */
const LOOKS = 4;
/** Entries in a look; the next one goes on behind them. */
const PAGE = 16;
const NOT_TAKEN = "what another process left cannot be taken over";

/** Who takes over, and until when. */
export interface TakingOver {
  readonly parts: InboxParts;
  readonly held: HeldDeliveries;
  readonly options: TakeOverOptions;
  readonly signal: AbortSignal;
}

/** Takes over what processes of a writer left, until the signal aborts. Never rejects. */
export async function takeOver(taking: TakingOver): Promise<void> {
  await new TakeOver(taking).watch();
}

class TakeOver {
  readonly #parts: InboxParts;
  readonly #held: HeldDeliveries;
  readonly #options: TakeOverOptions;
  readonly #signal: AbortSignal;

  constructor({ parts, held, options, signal }: TakingOver) {
    this.#parts = parts;
    this.#held = held;
    this.#options = options;
    this.#signal = signal;
  }

  /**
   * Only what was released is taken until this process has looked for a lease without a gap: after Redis was away, and after a
   * sleep of this machine, what others renew looks idle too.
   */
  async watch(): Promise<void> {
    const { run, leaseMs, logFault } = this.#parts;
    const { writer } = this.#options;
    let from = "-";
    let lookedAtMs = -Infinity;
    let steadySinceMs = 0;
    while (!this.#signal.aborted) {
      const atMs = nowMs();
      if (atMs - lookedAtMs > leaseMs) steadySinceMs = atMs;
      const consumers = atMs - steadySinceMs < leaseMs ? ["released"] : [];
      const args = [2 * leaseMs, from, PAGE, INBOX_TTL_MS, entryKey(writer, ""), ...consumers];
      try {
        const page = pairs(await run<string[]>(LOOK, { writer, args }));
        lookedAtMs = nowMs();
        from = page.length < PAGE ? "-" : `(${page.at(-1)![0]}`;
        const isTaken = await this.#takeAll(page);
        if (isTaken && from !== "-") continue;
      } catch (error) {
        logFault(writer, error, NOT_TAKEN);
        lookedAtMs = -Infinity;
      }
      await pause(leaseMs / LOOKS, this.#signal);
    }
  }

  /** Returns whether there was anything to take. What is wrong with one entry keeps nobody from the next. */
  async #takeAll(found: Pairs): Promise<boolean> {
    let isAny = false;
    for (const [id, json] of found) {
      if (this.#signal.aborted) break;
      const isTaken = await this.#takeOne(id, parseHead(json)).catch((error: unknown) => {
        if (isUnavailable(error)) throw error;
        this.#parts.logFault(id, error, NOT_TAKEN);
        return false;
      });
      isAny ||= isTaken;
    }
    return isAny;
  }

  /** What this process holds is its own to renew. */
  async #takeOne(id: string, head: Head | undefined): Promise<boolean> {
    const { serves, onDelivery } = this.#options;
    if (!head || !serves(head.place) || this.#held.has(id, writerOf(head.place))) return false;
    const delivery = await this.#take(id, head);
    if (this.#signal.aborted) await delivery?.release();
    else if (delivery) onDelivery(delivery);
    return true;
  }

  async #take(id: string, head: Head): Promise<RedisDelivery | undefined> {
    const { run, leaseMs } = this.#parts;
    const writer = writerOf(head.place);
    const keys = [claimKey(writer, head.eventId), entryKey(writer, id)];
    const args = [id, 2 * leaseMs, EVENT_TTL_MS];
    const leaseEndMs = nowMs() + leaseMs;
    const [count, ageMs, raw, ...fields] = await run<readonly string[]>(TAKE, { writer, keys, args });
    if (raw === undefined) return undefined;
    const state = Object.fromEntries(pairs(fields).flatMap(([name, json]) => this.#readField(id, name, json)));
    const entry = { ...head, raw };
    return this.#held.hold({ entry, state, id, ageMs: Number(ageMs), count: Number(count), leaseEndMs });
  }

  /** One that cannot be read is left out rather than stopping the entry. */
  #readField(id: string, name: string, json: string): readonly (readonly [string, unknown])[] {
    try {
      return [[name, JSON.parse(json)]];
    } catch (error) {
      this.#parts.logFault(`${id} ${name}`, error, NOT_TAKEN);
      return [];
    }
  }
}

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
