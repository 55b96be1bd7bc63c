import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createGate } from "@cria/bot-core/testing";
import { ChannelType, GatewayIntentBits, MessageType, PermissionFlagsBits } from "discord-api-types/v10";
import { WebSocketServer } from "ws";
import { type Clock, systemClock } from "../clock.ts";
import { Gateway, type PortalSettings } from "./gateway/gateway.ts";
import { CommandRegistry } from "./interactions/commands.ts";
import { Interactions } from "./interactions/interactions.ts";
import { DISCORD_LIMITS, type DiscordLimits } from "./limits.ts";
import { Person } from "./person.ts";
import { MESSAGE_CONTENT_FLAG } from "./rest/application-routes.ts";
import { BROKEN_OFF, CUT_OFF, type RequestRecord, RestServer } from "./rest/rest-server.ts";
import { archiveThread } from "./world/threads.ts";
import { type Channel, channelJson, type Guild, type StoredMessage, World } from "./world/world.ts";

export interface DiscordServerOptions {
  /** Deadlines, windows and heartbeats go by it. Default the machine's. */
  readonly clock?: Clock;
  /** Other figures than Discord's own, as windows short enough for a test. */
  readonly limits?: Partial<DiscordLimits>;
  /** What the portal has switched on. Default the message content intent. */
  readonly privilegedIntents?: number;
}

const TOKEN = "MTA1.Gtoken.of-the-test-application";
/** How long `until` waits for what must happen, of the machine's time. */
const PATIENCE_MS = 30_000;
const { setTimeout, clearTimeout } = globalThis;

/** Discord on loopback: its REST API, its gateway, and the people in front of it. */
export class DiscordServer {
  readonly world: World;
  readonly commands: CommandRegistry;
  readonly gateway: Gateway;
  readonly #interactions: Interactions;
  readonly #rest: RestServer;
  readonly #portal: PortalSettings;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #watchers = new Set<() => void>();

  /** Listens on a free port of loopback. */
  static async start(options: DiscordServerOptions = {}): Promise<DiscordServer> {
    const server = new DiscordServer(options);
    server.#http.listen(0, "127.0.0.1");
    await once(server.#http, "listening");
    server.world.cdnUrl = server.#url("http");
    server.gateway.url = server.#url("ws");
    return server;
  }

  private constructor({
    clock = systemClock,
    limits,
    privilegedIntents = GatewayIntentBits.MessageContent,
  }: DiscordServerOptions) {
    this.world = new World(clock, { ...DISCORD_LIMITS, ...limits });
    this.#portal = { token: TOKEN, privilegedIntents };
    this.commands = new CommandRegistry(this.world);
    this.#interactions = new Interactions(this.world);
    const onChange = () => this.#notify();
    this.gateway = new Gateway(this.world, this.#portal, onChange);
    const parts = {
      world: this.world,
      commands: this.commands,
      interactions: this.#interactions,
      gatewayInfo: () => this.gateway.info(),
      applicationFlags: () => this.#applicationFlags(),
    };
    this.#rest = new RestServer(parts, () => this.#portal.token, onChange);
    this.#http = createServer((request, response) => void this.#rest.handle(request, response));
    this.#http.on("upgrade", (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.gateway.accept(opened, request));
    });
  }

  /** What discord.js takes as `rest.api`. */
  get apiUrl(): string {
    return `${this.#url("http")}/api`;
  }

  get token(): string {
    return this.#portal.token;
  }

  /** Every request since the start, in order. */
  get requests(): readonly RequestRecord[] {
    return this.#rest.requests;
  }

  /** A guild with a channel; the bot is in it unless told otherwise. */
  createGuild(
    name = "The Herd",
    hasBot = true,
  ): { readonly guild: Guild; readonly channel: Channel; readonly owner: Person } {
    const owner = this.#person(this.world.addUser(`owner of ${name}`));
    const guild = this.world.addGuild(name, owner.user);
    const channel = this.createChannel(guild, "general");
    if (hasBot) this.addBot(guild);
    return { guild, channel, owner };
  }

  createChannel(guild: Guild, name: string): Channel {
    const channel = this.world.addChannel({ type: ChannelType.GuildText, name, guildId: guild.id });
    this.#tellChannel("CHANNEL_CREATE", channel);
    return channel;
  }

  addPerson(name: string, ...guilds: readonly Guild[]): Person {
    const person = this.#person(this.world.addUser(name));
    for (const guild of guilds) this.world.join(guild, person.user);
    return person;
  }

  /** Gives a member a role, made with these permissions. Returns the role's id. */
  giveRole(
    guild: Guild,
    person: Person,
    name: string,
    ...permissions: readonly (keyof typeof PermissionFlagsBits)[]
  ): string {
    const bits = permissions.reduce((sum, permission) => sum | PermissionFlagsBits[permission], 0n);
    const role = this.world.addRole(guild, name, bits);
    guild.members.get(person.id)!.roles.push(role.id);
    this.world.dispatch({
      t: "GUILD_ROLE_CREATE",
      d: { guild_id: guild.id, role },
      guildId: guild.id,
      intent: GatewayIntentBits.Guilds,
    });
    return role.id;
  }

  addBot(guild: Guild): void {
    this.world.join(guild, this.world.bot);
    this.world.dispatch({
      t: "GUILD_CREATE",
      d: this.gateway.guildJson(guild),
      guildId: guild.id,
      intent: GatewayIntentBits.Guilds,
    });
  }

  removeBot(guild: Guild): void {
    guild.members.delete(this.world.bot.id);
    this.world.dispatch({
      t: "GUILD_DELETE",
      d: { id: guild.id },
      guildId: guild.id,
      intent: GatewayIntentBits.Guilds,
    });
  }

  deleteChannel(channel: Channel): void {
    const isThread = channel.type === ChannelType.PublicThread;
    const d = channelJson(channel);
    this.world.channels.delete(channel.id);
    this.world.dispatch({
      t: isThread ? "THREAD_DELETE" : "CHANNEL_DELETE",
      d,
      guildId: channel.guildId,
      intent: GatewayIntentBits.Guilds,
    });
  }

  archive(thread: Channel, { isLocked = false } = {}): void {
    thread.isLocked = isLocked;
    archiveThread(this.world, thread, true);
  }

  /** Takes permissions away from the bot in one channel, or gives them back with none named. */
  denyBot(channel: Channel, ...permissions: readonly (keyof typeof PermissionFlagsBits)[]): void {
    const deny = permissions.reduce((sum, permission) => sum | PermissionFlagsBits[permission], 0n);
    channel.overwrites.set(this.world.bot.id, { allow: 0n, deny });
    this.#tellChannel("CHANNEL_UPDATE", channel);
  }

  /** A channel as somebody sees it, oldest message first. */
  seen(channel: Channel, person?: Person): readonly StoredMessage[] {
    return [...channel.messages.values()].filter(({ ephemeralFor }) => !ephemeralFor || ephemeralFor === person?.id);
  }

  /** Texts of the bot's messages that everybody sees there, oldest first. */
  botTexts(channel: Channel): readonly string[] {
    return this.botMessages(channel).map(({ json }) => json.content);
  }

  botMessages(channel: Channel): readonly StoredMessage[] {
    const isOwn = ({ json }: StoredMessage) => json.author.id === this.world.bot.id;
    return this.seen(channel).filter((one) => isOwn(one) && one.json.type !== MessageType.ThreadStarterMessage);
  }

  /** Whether "… is typing" shows there for the bot. */
  isTyping(channel: Channel): boolean {
    return (channel.typing.get(this.world.bot.id) ?? 0) > this.world.now();
  }

  /** Resolves with what `check` gives once that is something; looked at after everything that happens on the server. */
  async until<T>(check: () => T | undefined | false | null, what = "what a test waits for"): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      const fail = setTimeout(
        () => end(() => reject(new Error(`${what} did not happen in ${PATIENCE_MS / 1000} s`))),
        PATIENCE_MS,
      );
      const end = (settle: () => void) => {
        clearTimeout(fail);
        this.#watchers.delete(look);
        settle();
      };
      const look = () => {
        const found = check();
        if (found) end(() => resolve(found));
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Answers the next requests of this kind with an HTTP status of its own; `isDone`: after doing what they asked. */
  fail(method: string, path: RegExp, status: number, { times = 1, isDone = false } = {}): void {
    this.#rest.fail({ method, path, status, times, isDone });
  }

  /** Does what the next request of this kind asks, and cuts its connection within the answer; before it, the one after that. */
  breakOff(method: string, path: RegExp): void {
    this.#rest.fail({ method, path, status: BROKEN_OFF, times: 1, isDone: true });
    this.#rest.fail({ method, path, status: CUT_OFF, times: 1, isDone: false });
  }

  /** Answers requests of this kind only once `give` is called; `isAsked` resolves when the first has come. */
  hold(method: string, path: string): { readonly isAsked: Promise<void>; readonly give: () => void } {
    const [asked, over] = [createGate(), createGate()];
    const matches = (request: { method: string; path: string }) => request.method === method && request.path === path;
    this.#rest.holds.push({ matches, isOver: over.opened, onAsked: asked.open });
    return { isAsked: asked.opened, give: over.open };
  }

  /** Cuts every gateway connection; sessions can be resumed. */
  dropConnections(): void {
    for (const connection of this.gateway.connections) connection.drop();
  }

  /** Closes every gateway connection with a code of Discord's. */
  closeConnections(code: number): void {
    for (const connection of this.gateway.connections) connection.close(code);
  }

  /** As before a deployment of Discord's: clients are to connect again. */
  askToReconnect(): void {
    for (const connection of this.gateway.connections) connection.askToReconnect();
  }

  /** Forgets all sessions: a resume gets "invalid session". */
  forgetSessions(): void {
    this.gateway.sessions.clear();
  }

  /** The owner resets the token in the portal: what has the old one is refused, and its connections close, sooner or later. */
  resetToken({ closes = true } = {}): void {
    this.#portal.token = `${TOKEN}.new`;
    if (closes) this.closeConnections(4004);
  }

  /** Switches privileged intents in the portal. */
  setPrivilegedIntents(intents: number): void {
    this.#portal.privilegedIntents = intents;
  }

  async close(): Promise<void> {
    this.dropConnections();
    this.#sockets.close();
    const closed = once(this.#http, "close");
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }

  #person(user: World["bot"]): Person {
    return new Person(user, { world: this.world, commands: this.commands, interactions: this.#interactions });
  }

  #tellChannel(t: string, channel: Channel): void {
    const d = channelJson(channel);
    this.world.dispatch({ t, d, channel, guildId: channel.guildId, intent: GatewayIntentBits.Guilds });
  }

  #applicationFlags(): number {
    return (this.#portal.privilegedIntents & GatewayIntentBits.MessageContent) === 0 ? 0 : MESSAGE_CONTENT_FLAG;
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #url(scheme: "http" | "ws"): string {
    return `${scheme}://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }
}
