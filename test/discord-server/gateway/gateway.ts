import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { createGate } from "@cria/bot-core/testing";
import { GatewayCloseCodes, GatewayIntentBits } from "discord-api-types/v10";
import type { WebSocket } from "ws";
import { RateLimiter } from "../rate-limiter.ts";
import { permissionsIn } from "../world/permissions.ts";
import { threadJson } from "../world/threads.ts";
import { type Channel, channelJson, type GatewayEvent, type Guild, memberJson, type World } from "../world/world.ts";
import { GatewayConnection, type GatewayRules } from "./gateway-connection.ts";
import { GatewaySession, type Identify } from "./gateway-session.ts";

const ALL_INTENTS = Object.values(GatewayIntentBits).reduce<number>(
  (sum, bit) => (typeof bit === "number" ? sum | bit : sum),
  0,
);
const PRIVILEGED = GatewayIntentBits.GuildMembers | GatewayIntentBits.GuildPresences | GatewayIntentBits.MessageContent;

/** What an app's owner has set in the developer portal. */
export interface PortalSettings {
  token: string;
  /** Privileged intents that are switched on. */
  privilegedIntents: number;
}

/** The gateway: connections come and go, sessions outlive them. */
export class Gateway implements GatewayRules {
  readonly sessions = new Map<string, GatewaySession>();
  readonly connections = new Set<GatewayConnection>();
  /** How sockets came: each with "identify" or "resume". */
  readonly starts: ("identify" | "resume")[] = [];
  readonly world: World;
  readonly #portal: PortalSettings;
  readonly #limiter: RateLimiter;
  readonly #onChange: () => void;
  #mayBegin: Promise<void> = Promise.resolve();
  #url = "";

  constructor(world: World, portal: PortalSettings, onChange: () => void) {
    this.world = world;
    this.#portal = portal;
    this.#onChange = onChange;
    this.#limiter = new RateLimiter(world.now);
    world.onEvent((event) => this.#deliver(event));
  }

  /** Sets where the gateway is reached, as "ws://127.0.0.1:1234". */
  set url(url: string) {
    this.#url = url;
  }

  /** What GET /gateway/bot says. */
  info(): object {
    const { identifies, identifiesAtOnce, guildsPerShard } = this.world.limits;
    const { limit: total, remaining, resetAtMs } = this.#limiter.peek("identify", identifies);
    const max_concurrency = identifiesAtOnce.limit;
    const start = { total, remaining, reset_after: resetAtMs - this.world.now(), max_concurrency };
    const shards = Math.max(1, Math.ceil(this.#guilds().length / guildsPerShard));
    return { url: `${this.#url}/gateway`, shards, session_start_limit: start };
  }

  accept(socket: WebSocket, request: IncomingMessage): void {
    const url = new URL(request.url!, "http://discord");
    const connection = new GatewayConnection(socket, this, url.searchParams.get("compress") === "zlib-stream");
    this.connections.add(connection);
    socket.once("close", () => this.#forget(connection));
    if (url.searchParams.get("v") !== "10") connection.close(GatewayCloseCodes.InvalidAPIVersion);
    else if (url.searchParams.get("encoding") !== "json") connection.close(GatewayCloseCodes.DecodeError);
    else void this.#mayBegin.then(() => connection.hello());
  }

  /** @throws the close code that an IDENTIFY like this gets */
  identify(identify: Identify): GatewaySession | undefined {
    this.starts.push("identify");
    this.#checkIdentify(identify);
    if (!this.#mayBeginSession(identify)) return undefined;
    const session = new GatewaySession(randomBytes(16).toString("hex"), identify, this.world);
    this.sessions.set(session.id, session);
    session.send("READY", this.#ready(session));
    if (identify.intents & GatewayIntentBits.Guilds)
      for (const guild of this.#guilds(session)) session.send("GUILD_CREATE", this.guildJson(guild));
    this.#onChange();
    return session;
  }

  /** The session to go on with; undefined when it is not known any more. */
  resume(token: string, sessionId: string, sequence: number): GatewaySession | undefined {
    this.starts.push("resume");
    if (token !== this.#portal.token) throw GatewayCloseCodes.AuthenticationFailed;
    const session = this.sessions.get(sessionId);
    if (session?.isExpired) this.sessions.delete(sessionId);
    if (!session || session.isExpired) return undefined;
    if (sequence > session.sequence) throw GatewayCloseCodes.InvalidSeq;
    this.#onChange();
    return session;
  }

  /** A guild as GUILD_CREATE tells of it. */
  guildJson(guild: Guild): object {
    const channels = [...this.world.channels.values()].filter(({ guildId }) => guildId === guild.id);
    const seen = channels.filter((channel) => permissionsIn(this.world, channel, this.world.bot.id) & 1024n);
    return {
      id: guild.id,
      name: guild.name,
      owner_id: guild.ownerId,
      icon: null,
      roles: [...guild.roles.values()],
      emojis: [],
      features: [],
      stickers: [],
      preferred_locale: "en-US",
      joined_at: guild.members.get(this.world.bot.id)?.joinedAt,
      member_count: guild.members.size,
      members: [...guild.members.values()].map((member) => ({ ...memberJson(member), user: member.user })),
      channels: seen.filter(({ parentId }) => !parentId).map(channelJson),
      threads: seen
        .filter(({ parentId, isArchived }) => parentId && !isArchived)
        .map((thread) => threadJson(this.world, thread)),
      presences: [],
      voice_states: [],
      stage_instances: [],
      guild_scheduled_events: [],
      large: false,
      unavailable: false,
    };
  }

  /** Forgets the session that brings a guild's events, and cuts its connection. */
  loseSession(guild: Guild): void {
    for (const session of this.sessions.values()) {
      if (!session.hasShardOf(guild.id)) continue;
      this.sessions.delete(session.id);
      session.drop();
    }
  }

  /** Leaves new connections without a word until the function that it returns is called. */
  holdConnections(): () => void {
    const gate = createGate();
    this.#mayBegin = gate.opened;
    return gate.open;
  }

  #forget(connection: GatewayConnection): void {
    this.connections.delete(connection);
    this.#onChange();
  }

  #mayBeginSession({ shard: [index] }: Identify): boolean {
    const { identifies, identifiesAtOnce } = this.world.limits;
    const turn = `identify ${index % identifiesAtOnce.limit}`;
    if (!this.#limiter.take(turn, { ...identifiesAtOnce, limit: 1 }).isAllowed) return false;
    return this.#limiter.take("identify", identifies).isAllowed;
  }

  #checkIdentify({ token, shard, intents }: Identify): void {
    if (token !== this.#portal.token) throw GatewayCloseCodes.AuthenticationFailed;
    const [index, count] = shard;
    if (index < 0 || index >= count) throw GatewayCloseCodes.InvalidShard;
    if (this.#guilds().length > count * this.world.limits.guildsPerShard) throw GatewayCloseCodes.ShardingRequired;
    if (intents < 0 || (intents & ~ALL_INTENTS) !== 0) throw GatewayCloseCodes.InvalidIntents;
    if ((intents & PRIVILEGED & ~this.#portal.privilegedIntents) !== 0) throw GatewayCloseCodes.DisallowedIntents;
  }

  #ready(session: GatewaySession): object {
    return {
      v: 10,
      user: this.world.bot,
      guilds: this.#guilds(session).map(({ id }) => ({ id, unavailable: true })),
      session_id: session.id,
      resume_gateway_url: `${this.#url}/resume`,
      shard: session.identify.shard,
      application: { id: this.world.bot.id, flags: 0 },
      private_channels: [],
    };
  }

  #guilds(session?: GatewaySession): readonly Guild[] {
    const own = [...this.world.guilds.values()].filter(({ members }) => members.has(this.world.bot.id));
    return session ? own.filter(({ id }) => session.hasShardOf(id)) : own;
  }

  #deliver(event: GatewayEvent): void {
    if (event.channel && !this.#botSees(event.channel)) return;
    for (const session of this.sessions.values()) {
      if (session.isExpired) this.sessions.delete(session.id);
      else if (session.wants(event)) session.send(event.t, session.shownTo(event));
    }
    this.#onChange();
  }

  #botSees(channel: Channel): boolean {
    return (permissionsIn(this.world, channel, this.world.bot.id) & 1024n) !== 0n;
  }
}
