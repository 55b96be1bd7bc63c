import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Unanswered } from "../adoption/unanswered.ts";
import { EVENT_TTL_MS } from "./limits.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** A process that gave no sign for so long seems dead. */
const PROCESS_TTL_MS = 10_000;
/** Signs within that time. */
const BEATS = 3;
/** Nobody waits longer for an answer; what no process of its platform took by then is forgotten. */
const UNANSWERED_TTL_MS = 7 * 86_400_000;

const entrySchema = z.object({
  owner: z.string(),
  unanswered: z.object({
    eventId: z.string(),
    messageId: z.string(),
    place: z.object({
      platform: z.string(),
      workspaceId: z.string(),
      channelId: z.string(),
      threadId: z.string().optional(),
      isDirect: z.boolean(),
    }),
    author: z.object({
      id: z.string(),
      name: z.string(),
      roleIds: z.array(z.string()).optional(),
      isAdmin: z.boolean().optional(),
    }),
    text: z.string(),
    context: z.string(),
    numUnreadFiles: z.number(),
    replyId: z.string(),
    handle: z.string().optional(),
    comparedModel: z.string().optional(),
    again: z.object({ replyId: z.string(), isContinued: z.boolean() }).optional(),
  }),
});

const unansweredKey = (workspace: string) => `cria:{${workspace}}:unanswered`;
const processKey = (owner: string) => `cria:process:${owner}`;
const workspacesKey = (platform: string) => `cria:workspaces:${platform}`;
const platformOf = (workspace: string) => workspace.split(":", 1)[0]!;

/**
 * Who answers which message. Each entry names its process, whose sign of life is a key of its own; an entry whose process
 * gave none for a while goes to whoever asks first.
 */
export class RedisUnanswered {
  readonly #redis: RedisConnection;
  readonly #processTtlMs: number;
  readonly #owner = randomUUID();
  readonly #workspaces = new Set<string>();
  readonly #suspectedAtMs = new Map<string, number>();
  #beating: NodeJS.Timeout | undefined;

  constructor(redis: RedisConnection, processTtlMs = PROCESS_TTL_MS) {
    this.#redis = redis;
    this.#processTtlMs = processTtlMs;
  }

  async claim(workspace: string, eventId: string, unanswered: Unanswered | undefined): Promise<boolean> {
    if (unanswered) await this.#announce(workspace);
    const keys = [`cria:{${workspace}}:event:${encodeURIComponent(eventId)}`, unansweredKey(workspace)];
    const entry = unanswered ? this.#entry(unanswered) : "";
    const args = [EVENT_TTL_MS, eventId, entry, UNANSWERED_TTL_MS];
    return (await this.#redis.run((client) => client.claimEvent(keys, args))) === 1;
  }

  async keep(workspace: string, unanswered: Unanswered): Promise<void> {
    const args = [unanswered.eventId, this.#entry(unanswered)];
    await this.#redis.run((client) => client.keepUnanswered([unansweredKey(workspace)], args));
  }

  async forget(workspace: string, eventId: string): Promise<void> {
    await this.#redis.run((client) => client.hDel(unansweredKey(workspace), eventId));
  }

  async takeAbandoned(platform: string): Promise<readonly Unanswered[]> {
    const workspaces = await this.#redis.run((client) => client.sMembers(workspacesKey(platform)));
    const taken = await Promise.all(workspaces.map((workspace) => this.#takeOf(workspace)));
    return taken.flat();
  }

  close(): void {
    clearInterval(this.#beating);
  }

  #entry(unanswered: Unanswered): string {
    return JSON.stringify({ owner: this.#owner, unanswered });
  }

  /** Before its first message of a workspace, a process is known to live and the workspace to have messages. */
  async #announce(workspace: string): Promise<void> {
    if (this.#workspaces.has(workspace)) return;
    await this.#beat([workspace]);
    this.#workspaces.add(workspace);
    const beat = () => void this.#beat(this.#workspaces).catch(() => undefined);
    this.#beating ??= setInterval(beat, this.#processTtlMs / BEATS).unref();
  }

  async #beat(workspaces: Iterable<string>): Promise<void> {
    const expiration = { type: "PX", value: this.#processTtlMs } as const;
    await this.#redis.run((client) => client.set(processKey(this.#owner), "1", { expiration }));
    for (const [platform, names] of byPlatform(workspaces))
      await this.#redis.run((client) => client.sAdd(workspacesKey(platform), names));
  }

  async #takeOf(workspace: string): Promise<readonly Unanswered[]> {
    const entries = await this.#redis.run((client) => client.hGetAll(unansweredKey(workspace)));
    const taken: Unanswered[] = [];
    for (const [eventId, json] of Object.entries(entries)) {
      const entry = parseEntry(json);
      if (!entry || !(await this.#isDead(entry.owner))) continue;
      const args = [eventId, json, this.#entry(entry.unanswered)];
      await this.#announce(workspace);
      if (await this.#redis.run((client) => client.takeAbandoned([unansweredKey(workspace)], args)))
        taken.push(entry.unanswered);
    }
    return taken;
  }

  /** When it seemed so for a while: after Redis itself was away, the living have had time for a sign. */
  async #isDead(owner: string): Promise<boolean> {
    if (owner === this.#owner || (await this.#redis.run((client) => client.exists(processKey(owner))))) {
      this.#suspectedAtMs.delete(owner);
      return false;
    }
    const sinceMs = this.#suspectedAtMs.get(owner) ?? performance.now();
    this.#suspectedAtMs.set(owner, sinceMs);
    return performance.now() - sinceMs >= this.#processTtlMs / 2;
  }
}

function byPlatform(workspaces: Iterable<string>): ReadonlyMap<string, string[]> {
  const platforms = new Map<string, string[]>();
  for (const workspace of workspaces) {
    const platform = platformOf(workspace);
    const names = platforms.get(platform) ?? [];
    platforms.set(platform, names);
    names.push(workspace);
  }
  return platforms;
}

/** An entry that this version cannot read is left to those who can. */
function parseEntry(json: string): { readonly owner: string; readonly unanswered: Unanswered } | undefined {
  try {
    return entrySchema.parse(JSON.parse(json)) as { owner: string; unanswered: Unanswered };
  } catch {
    return undefined;
  }
}
