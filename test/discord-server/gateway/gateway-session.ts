import { type APIMessage, GatewayIntentBits } from "discord-api-types/v10";
import type { GatewayEvent, World } from "../world/world.ts";
import type { GatewayConnection } from "./gateway-connection.ts";

/** What a client says of itself when it begins a session. */
export interface Identify {
  readonly token: string;
  readonly intents: number;
  readonly shard: readonly [index: number, count: number];
}

/** Events kept for a resume: more than a client can miss in the time it has. */
const MAX_KEPT = 10_000;

/** A client's session: numbers its events, and keeps them for the client to catch up. */
export class GatewaySession {
  readonly id: string;
  readonly identify: Identify;
  sequence = 0;
  readonly #world: World;
  readonly #events: { readonly s: number; readonly t: string; readonly d: object }[] = [];
  #connection: GatewayConnection | undefined;
  #droppedAtMs: number;

  constructor(id: string, identify: Identify, world: World) {
    this.id = id;
    this.identify = identify;
    this.#world = world;
    this.#droppedAtMs = world.now();
  }

  /** Whether its connection went away too long ago. */
  get isExpired(): boolean {
    return this.#connection === undefined && this.#world.now() - this.#droppedAtMs > this.#world.limits.sessionMs;
  }

  /** Sends what came after `sequence`, and from now on everything. */
  attach(connection: GatewayConnection, sequence: number): void {
    this.#connection = connection;
    for (const event of this.#events) if (event.s > sequence) connection.dispatch(event);
  }

  detach(connection: GatewayConnection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#droppedAtMs = this.#world.now();
  }

  send(t: string, d: object): void {
    const event = { s: ++this.sequence, t, d };
    this.#events.push(event);
    if (this.#events.length > MAX_KEPT) this.#events.shift();
    this.#connection?.dispatch(event);
  }

  /** Cuts its connection. */
  drop(): void {
    this.#connection?.drop();
  }

  /** Direct messages, and what else belongs to no guild, go to the first shard. */
  hasShardOf(guildId: string | undefined): boolean {
    const [index, count] = this.identify.shard;
    return index === (guildId === undefined ? 0 : Number((BigInt(guildId) >> 22n) % BigInt(count)));
  }

  wants({ guildId, intent = 0 }: GatewayEvent): boolean {
    return this.hasShardOf(guildId) && (this.identify.intents & intent) === intent;
  }

  /** The event without what this session's intents do not show: a message's content, unless the bot wrote it or is named in it. */
  shownTo({ t, d, guildId }: GatewayEvent): object {
    if (!t.startsWith("MESSAGE_") || !("content" in d) || guildId === undefined) return d;
    const message = d as APIMessage;
    const { bot } = this.#world;
    const isNamed = message.author.id === bot.id || message.mentions.some(({ id }) => id === bot.id);
    if (isNamed || this.identify.intents & GatewayIntentBits.MessageContent) return d;
    return { ...d, content: "", embeds: [], attachments: [], components: [] };
  }
}
