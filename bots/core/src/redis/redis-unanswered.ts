import { randomUUID } from "node:crypto";
import { z } from "zod";
import { EVENT_TTL_MS } from "../conversation/limits.ts";
import type { ServedPlaces } from "../port/bot.ts";
import type { Place } from "../port/place.ts";
import type { Unanswered } from "../recovery/unanswered.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** A process that gave no sign for so long seems dead. */
const PROCESS_TTL_MS = 10_000;
/** Signs within that time. */
const BEATS = 3;
/** Nobody waits longer for an answer; what no process of its platform took by then is forgotten. */
const UNANSWERED_TTL_MS = 7 * 86_400_000;
/** Looked at for that with each claim: in a workspace with no more all of them, else as many by chance. */
const SWEPT = 8;

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
      writer: z.string().optional(),
    }),
    author: z.object({
      id: z.string(),
      name: z.string(),
      roleIds: z.array(z.string()).optional(),
      workspaceIds: z.array(z.string()).optional(),
      isAdmin: z.boolean().optional(),
    }),
    text: z.string(),
    context: z.string(),
    numUnreadFiles: z.number(),
    replyId: z.string(),
    handle: z.string().optional(),
    isOverheard: z.boolean().optional(),
    isAdmitted: z.boolean().optional(),
    comparedModel: z.string().optional(),
    atMs: z.number(),
    deaths: z.number().optional(),
    again: z.object({ replyId: z.string(), isContinued: z.boolean() }).optional(),
  }),
});

const eventKey = (workspace: string, eventId: string) => `cria:{${workspace}}:event:${encodeURIComponent(eventId)}`;
const unansweredKey = (workspace: string) => `cria:{${workspace}}:unanswered`;
/** Of those that can follow one another. */
const processesKey = ({ platform, writer }: Pick<Place, "platform" | "writer">) =>
  writer === undefined ? `cria:processes:${platform}` : `cria:processes:${platform}:${writer}`;
const workspacesKey = (owner: string) => `cria:process:${owner}`;
const platformOf = (workspace: string) => workspace.split(":", 1)[0]!;

/**
 * Who answers which message. Each entry names its process. Processes are known by their last sign of life, and each with the
 * workspaces that it has entries in, so that looking for the dead costs nothing for the living and the idle.
 */
export class RedisUnanswered {
  readonly #redis: RedisConnection;
  readonly #processTtlMs: number;
  readonly #owner = randomUUID();
  readonly #workspaces = new Set<string>();
  readonly #lists = new Set<string>();
  readonly #silentSinceMs = new Map<string, number>();
  #beating: NodeJS.Timeout | undefined;
  #isReleased = false;

  constructor(redis: RedisConnection, processTtlMs = PROCESS_TTL_MS) {
    this.#redis = redis;
    this.#processTtlMs = processTtlMs;
  }

  async claim(workspace: string, eventId: string, unanswered: Unanswered | undefined): Promise<boolean> {
    if (unanswered) await this.#announce(workspace, unanswered.place);
    const keys = [eventKey(workspace, eventId), unansweredKey(workspace)];
    const entry = unanswered ? this.#entry(unanswered) : "";
    const args = [EVENT_TTL_MS, eventId, entry, UNANSWERED_TTL_MS, SWEPT];
    return (await this.#redis.run((client) => client.claimEvent(keys, args))) === 1;
  }

  async renew(workspace: string, eventId: string): Promise<void> {
    await this.#redis.run((client) => client.pExpire(eventKey(workspace, eventId), EVENT_TTL_MS));
  }

  async release(workspace: string, eventId: string): Promise<void> {
    await this.#redis.run((client) => client.del(eventKey(workspace, eventId)));
  }

  async keep(workspace: string, unanswered: Unanswered): Promise<boolean> {
    const args = [unanswered.eventId, entryStart(this.#owner), this.#entry(unanswered)];
    return (await this.#redis.run((client) => client.keepUnanswered([unansweredKey(workspace)], args))) === 1;
  }

  async forget(workspace: string, eventId: string): Promise<void> {
    const args = [eventId, entryStart(this.#owner)];
    await this.#redis.run((client) => client.forgetUnanswered([unansweredKey(workspace)], args));
  }

  /** Oldest first. What was taken is returned although more could not be: this process is the one to answer it. */
  async takeAbandoned(where: ServedPlaces): Promise<readonly Unanswered[]> {
    const taken: Unanswered[] = [];
    try {
      for (const owner of await this.#deadProcesses(processesKey(where))) await this.#takeFrom(owner, where, taken);
    } catch (error) {
      if (taken.length === 0) throw error;
    }
    return taken.sort((a, b) => a.atMs - b.atMs);
  }

  /** From now on others may take what this process has. */
  async letGo(): Promise<void> {
    this.#isReleased = true;
    clearInterval(this.#beating);
    await this.#beat();
  }

  close(): void {
    clearInterval(this.#beating);
  }

  #entry(unanswered: Unanswered): string {
    return `${entryStart(this.#owner)},"unanswered":${JSON.stringify(unanswered)}}`;
  }

  /** Before its first message of a workspace, a process is known to live and to have messages there. */
  async #announce(workspace: string, place: Place): Promise<void> {
    if (this.#workspaces.has(workspace) && !this.#isReleased) return;
    this.#workspaces.add(workspace);
    this.#lists.add(processesKey(place));
    try {
      await this.#listWorkspaces();
      await this.#beat();
    } catch (error) {
      this.#workspaces.delete(workspace);
      throw error;
    }
    if (!this.#isReleased)
      this.#beating ??= setInterval(() => void this.#beat().catch(() => undefined), this.#processTtlMs / BEATS).unref();
  }

  async #listWorkspaces(): Promise<void> {
    await this.#redis.run((client) => client.sAdd(workspacesKey(this.#owner), [...this.#workspaces]));
  }

  /** Someone who took this process for dead has taken it off the lists. */
  async #beat(): Promise<void> {
    const args = [this.#owner, this.#isReleased ? "1" : "", UNANSWERED_TTL_MS];
    for (const list of this.#lists) {
      const isNew = await this.#redis.run((client) => client.beat([list], args));
      if (isNew === 1) await this.#listWorkspaces();
    }
    await this.#redis.run((client) => client.pExpire(workspacesKey(this.#owner), UNANSWERED_TTL_MS));
  }

  /** Those that let go, and those that were silent for a while: after Redis itself was away, the living have had time for a sign. */
  async #deadProcesses(list: string): Promise<readonly Dead[]> {
    const silent = await this.#redis.run((client) => client.silentProcesses([list], [this.#processTtlMs]));
    const now = performance.now();
    const dead: Dead[] = [];
    const sinceMs = new Map<string, number>();
    for (let index = 0; index < silent.length; index += 2) {
      const [id = "", lastSign] = silent.slice(index, index + 2);
      sinceMs.set(id, this.#silentSinceMs.get(id) ?? now);
      const hasLetGo = lastSign === "0";
      if (id !== this.#owner && (hasLetGo || now - sinceMs.get(id)! >= this.#processTtlMs / 2))
        dead.push({ id, hasLetGo });
    }
    for (const id of this.#silentSinceMs.keys()) if (!sinceMs.has(id)) this.#silentSinceMs.delete(id);
    for (const [id, ms] of sinceMs) this.#silentSinceMs.set(id, ms);
    return dead;
  }

  /** A process of which nothing is left for anyone is taken off the lists. */
  async #takeFrom(dead: Dead, where: ServedPlaces, taken: Unanswered[]): Promise<void> {
    const { platform, serves } = where;
    const key = workspacesKey(dead.id);
    const all = await this.#redis.run((client) => client.sMembers(key));
    const ofPlatform = all.filter((workspace) => platformOf(workspace) === platform);
    const served = ofPlatform.filter((workspace) => serves(workspaceIdOf(workspace)));
    for (const workspace of served) {
      await this.#takeOf(workspace, dead, taken);
      await this.#redis.run((client) => client.sRem(key, workspace));
    }
    if (served.length === ofPlatform.length)
      await this.#redis.run((client) => client.zRem(processesKey(where), dead.id));
  }

  async #takeOf(workspace: string, dead: Dead, taken: Unanswered[]): Promise<void> {
    const entries = await this.#redis.run((client) => client.hGetAll(unansweredKey(workspace)));
    for (const [eventId, json] of Object.entries(entries)) {
      const entry = parseEntry(json);
      if (entry?.owner !== dead.id) continue;
      const { deaths = 0 } = entry.unanswered;
      const unanswered = { ...entry.unanswered, ...(!dead.hasLetGo && { deaths: deaths + 1 }) };
      await this.#announce(workspace, unanswered.place);
      const args = [eventId, json, this.#entry(unanswered)];
      if (await this.#redis.run((client) => client.takeAbandoned([unansweredKey(workspace)], args)))
        taken.push(unanswered);
    }
  }
}

/** A process that answers no more. */
interface Dead {
  readonly id: string;
  /** Whether it ended cleanly. */
  readonly hasLetGo: boolean;
}

/** By which a script knows whose an entry is. */
const entryStart = (owner: string) => `{"owner":"${owner}"`;

/** As the platform has it. */
const workspaceIdOf = (workspace: string) => decodeURIComponent(workspace.slice(workspace.indexOf(":") + 1));

/** An entry that this version cannot read is left to those who can. */
function parseEntry(json: string): { readonly owner: string; readonly unanswered: Unanswered } | undefined {
  try {
    return entrySchema.parse(JSON.parse(json)) as { owner: string; unanswered: Unanswered };
  } catch {
    return undefined;
  }
}
