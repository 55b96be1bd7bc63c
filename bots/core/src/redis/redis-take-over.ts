import { z } from "zod";
import type { EntryState, NewEntry, TakeOverOptions } from "../conversation/inbox.ts";
import { EVENT_TTL_MS } from "../conversation/limits.ts";
import { pause } from "../port/pause.ts";
import { type Delivered, INBOX_TTL_MS, type RedisDelivery } from "./redis-delivery.ts";
import { claimKey, entryKey, type RedisInboxGroup } from "./redis-inbox-group.ts";
import { LOOK, TAKE, TIDY } from "./redis-inbox-scripts.ts";

/** Looks in a lease. */
const LOOKS = 4;
/** Entries in a look; of more, the next one goes on. */
const PAGE = 16;

const headSchema = z.object({
  eventId: z.string(),
  kind: z.enum(["message", "press", "comparison"]),
  place: z.object({
    platform: z.string(),
    workspaceId: z.string(),
    channelId: z.string(),
    threadId: z.string().optional(),
    isDirect: z.boolean(),
    writer: z.string().optional(),
  }),
  messageId: z.string(),
  replyId: z.string(),
});

/** What the process holds. */
interface Held {
  readonly leaseMs: number;
  isHeld(id: string): boolean;
  hold(delivered: Delivered): RedisDelivery;
}

/** An entry that nobody renews. */
interface Found {
  readonly id: string;
  readonly head: Omit<NewEntry, "raw">;
}

/** Takes over what other processes of a writer left, and what this one was given without hearing of it. */
export class RedisTakeOver {
  readonly #group: RedisInboxGroup;
  readonly #options: TakeOverOptions;
  readonly #held: Held;
  /** Since when Redis answers and this process looks, without a gap. */
  #steadySinceMs: number | undefined;
  #lookedAtMs = -Infinity;
  #isTidy = false;
  #from = "-";

  constructor(group: RedisInboxGroup, options: TakeOverOptions, held: Held) {
    this.#group = group;
    this.#options = options;
    this.#held = held;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isMore = await this.#look(signal).catch(() => {
        this.#steadySinceMs = undefined;
        return false;
      });
      if (!isMore) await pause(this.#held.leaseMs / LOOKS, signal);
    }
  }

  /**
   * One look. Only what was released is taken until this process has looked for a lease: after Redis was away, and after a
   * sleep of this machine, what others renew looks idle too. Returns whether there may be more to take.
   */
  async #look(signal: AbortSignal): Promise<boolean> {
    const startedMs = performance.now();
    const { leaseMs } = this.#held;
    if (startedMs - this.#lookedAtMs > leaseMs) this.#steadySinceMs = undefined;
    const isSteady = this.#steadySinceMs !== undefined && startedMs - this.#steadySinceMs >= leaseMs;
    const entries = await this.#find(isSteady ? "" : "released");
    this.#steadySinceMs ??= startedMs;
    this.#lookedAtMs = performance.now();
    const served = entries.filter(({ id, head }) => !this.#held.isHeld(id) && this.#options.serves(head.place));
    for (const entry of served) if (!signal.aborted) await this.#take(entry, signal);
    return served.length > 0 && this.#from !== "-";
  }

  async #find(consumer: string): Promise<readonly Found[]> {
    const { writer } = this.#options;
    if (!this.#isTidy) await this.#group.run(TIDY, writer, [], [2 * this.#held.leaseMs]);
    this.#isTidy = true;
    const args = [2 * this.#held.leaseMs, this.#from, PAGE, consumer, INBOX_TTL_MS, entryKey(writer, "")];
    const page = await this.#group.run<string[]>(LOOK, writer, [], args);
    this.#from = page.length < 2 * PAGE ? "-" : `(${page.at(-2)}`;
    return page.flatMap((id, index) => (index % 2 === 0 ? parseFound(id, page[index + 1]!) : []));
  }

  async #take({ id, head }: Found, signal: AbortSignal): Promise<void> {
    const { writer, onDelivery } = this.#options;
    const leaseEndMs = performance.now() + this.#held.leaseMs;
    const keys = [claimKey(writer, head.eventId), entryKey(writer, id)];
    const args = [id, 2 * this.#held.leaseMs, EVENT_TTL_MS];
    const [count, raw, ...fields] = await this.#group.run<[count?: number, raw?: string, ...fields: string[]]>(
      TAKE,
      writer,
      keys,
      args,
    );
    if (count === undefined || raw === undefined) return;
    const entry = { ...head, raw };
    const delivery = this.#held.hold({ writer, entry, state: parseState(fields), id, count, leaseEndMs });
    if (signal.aborted) await delivery.release();
    else onDelivery(delivery);
  }
}

/** An entry that this version cannot read is left to those who can. */
function parseFound(id: string, json: string): readonly Found[] {
  try {
    return [{ id, head: headSchema.parse(JSON.parse(json)) as Found["head"] }];
  } catch {
    return [];
  }
}

function parseState(fields: readonly string[]): EntryState {
  const kept = new Map<string, string>();
  for (let index = 0; index < fields.length; index += 2) kept.set(fields[index]!, fields[index + 1]!);
  const [handle, text] = [kept.get("handle"), kept.get("text")];
  return {
    ...(handle !== undefined && { handle }),
    ...(text !== undefined && { text }),
    ...(kept.get("isAdmitted") === "true" && { isAdmitted: true }),
  };
}
