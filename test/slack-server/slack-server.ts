import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer as readBytes, text as readText } from "node:stream/consumers";
import { type Clock, systemClock } from "../clock.ts";
import { receiveUpload } from "./api/file-methods.ts";
import { RateLimits } from "./api/rate-limits.ts";
import { type Answer, type Call, WebApi } from "./api/web-api.ts";
import { Deliveries } from "./events/deliveries.ts";
import { HttpEvents } from "./events/http-events.ts";
import { Interactions } from "./events/interactions.ts";
import { ResponseUrls } from "./events/response-urls.ts";
import { SocketMode } from "./events/socket-mode.ts";
import { Triggers } from "./events/triggers.ts";
import type { Json } from "./world/blocks.ts";
import { People } from "./world/people.ts";
import { previewsOf } from "./world/previews.ts";
import { type Message, shownText, World } from "./world/world.ts";

/** Between two looks at what the app may have done without a word. */
const LOOK_MS = 100;
/** Of the machine's time, which no test quickens here. */
const PATIENCE_MS = 30_000;

export interface SlackServerOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** The app's request URL: events then come by HTTP. Default: Socket Mode. */
  readonly requestUrl?: string;
  readonly signingSecret?: string;
  /** Of the bot token. */
  readonly scopes: readonly string[];
  /** What the app is subscribed to, as `message.im`. */
  readonly events: readonly string[];
  /** Whether answers go without the header that names the token's scopes, as behind some proxies. Default false. */
  readonly hidesScopes?: boolean;
  /** Chooses the connection of an event. Default `Math.random`. */
  readonly random?: () => number;
}

/** Starts a Slack with one workspace and one installed app, on loopback. */
export async function startSlackServer(options: SlackServerOptions): Promise<SlackServer> {
  const server = new SlackServer(options);
  await server.listen();
  return server;
}

/** A Slack that speaks the real protocols, enforces the real limits, and lets a test act as everyone else. */
export class SlackServer {
  readonly botToken = "xoxb-test-bot-token";
  readonly appToken = "xapp-test-app-token";
  readonly world: World;
  readonly people: People;
  readonly interactions: Interactions;
  readonly deliveries: Deliveries;
  readonly socketMode: SocketMode;
  readonly httpEvents: HttpEvents | undefined;
  readonly api: WebApi;
  readonly #http: Server;
  readonly #responseUrls: ResponseUrls;
  readonly #waiting = new Set<() => void>();

  constructor(options: SlackServerOptions) {
    const { clock = systemClock, requestUrl, signingSecret = "test-signing-secret" } = options;
    const onChange = () => this.#wake();
    const baseUrl = () => this.baseUrl;
    this.world = new World(clock);
    this.socketMode = new SocketMode(this.world, options.random ?? Math.random, onChange);
    this.httpEvents = requestUrl === undefined ? undefined : new HttpEvents(this.world, requestUrl, signingSecret);
    this.deliveries = new Deliveries(this.world, this.httpEvents ?? this.socketMode, options.events, onChange);
    const triggers = new Triggers(clock);
    this.#responseUrls = new ResponseUrls(this.world, baseUrl);
    this.people = new People(this.world, this.deliveries, baseUrl);
    const parts = { world: this.world, deliveries: this.deliveries, triggers, responseUrls: this.#responseUrls };
    this.interactions = new Interactions({ ...parts, baseUrl });
    const emit = (event: Json) => void this.deliveries.emit(event);
    const redeemTrigger = (id: string) => triggers.redeem(id);
    this.#http = createServer((request, response) => void this.#serve(request, response));
    const world = this.world;
    this.api = new WebApi({
      context: {
        world,
        get baseUrl() {
          return baseUrl();
        },
        emit,
        redeemTrigger,
      },
      limits: new RateLimits(clock),
      hidesScopes: options.hidesScopes ?? false,
      openConnection: this.socketMode.open,
      onCall: onChange,
    });
    this.api.tokens.set(this.botToken, { kind: "bot", scopes: options.scopes, isRevoked: false });
    this.api.tokens.set(this.appToken, { kind: "app", scopes: ["connections:write"], isRevoked: false });
  }

  /** As http://127.0.0.1:1234. */
  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** For a client's `slackApiUrl`. */
  get apiUrl(): string {
    return `${this.baseUrl}/api/`;
  }

  async listen(): Promise<void> {
    this.#http.on("upgrade", (request, socket, head) => this.socketMode.upgrade(request, socket, head));
    await new Promise<void>((resolve) => this.#http.listen(0, "127.0.0.1", resolve));
  }

  async close(): Promise<void> {
    this.socketMode.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** What a person reads in a channel or a thread, oldest first; someone's ephemeral messages with `seenBy`. */
  transcript(channel: string, { threadTs, seenBy }: { threadTs?: string; seenBy?: string } = {}): readonly string[] {
    return this.messages(channel, threadTs, seenBy).map((message) => {
      return `${this.world.users.get(message.user)?.name}: ${shownText(message)}`;
    });
  }

  /** Messages of a channel, or of one of its threads without the root. */
  messages(channel: string, threadTs?: string, seenBy?: string): readonly Message[] {
    return this.world.messages.filter((message) => {
      const isSeen = message.ephemeralTo === undefined || message.ephemeralTo === seenBy;
      const isThere = message.channel === channel && message.threadTs === threadTs;
      return isThere && isSeen && !message.isDeleted;
    });
  }

  /** The app's answers to a message: its thread, without what others wrote. */
  replies({ channel, ts, threadTs }: Message): readonly Message[] {
    return this.messages(channel, threadTs ?? ts).filter(({ user }) => user === this.world.botUser);
  }

  /** The cards that stand under a message for the links in it. */
  previews(message: Message): readonly Json[] {
    return previewsOf(message);
  }

  /** Calls of a method, as they were answered. */
  calls(method: string): readonly Call[] {
    return this.api.calls.filter((call) => call.method === method);
  }

  /** Resolves once that is so; looked at whenever the app has done something, and now and then. Rejects after half a minute. */
  async until(isSo: () => boolean): Promise<void> {
    const limit = AbortSignal.timeout(PATIENCE_MS);
    while (!isSo()) {
      if (limit.aborted) throw new Error(`did not happen in ${PATIENCE_MS / 1_000} s: ${isSo}`);
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        setTimeout(resolve, LOOK_MS);
      });
    }
  }

  revoke(token: string): void {
    this.api.tokens.get(token)!.isRevoked = true;
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://server");
    const [, area, name = ""] = pathname.split("/");
    if (area === "api") return send(response, await this.#call(request, name));
    if (area === "files") return this.#sendFile(request, response, name);
    if (area === "upload") return void response.writeHead(await this.#receiveFile(request, name)).end();
    if (area !== "response") return void response.writeHead(404).end();
    const { status, text } = this.#responseUrls.post(name, JSON.parse(await readText(request)));
    response.writeHead(status, { "content-type": "text/plain" }).end(text);
    this.#wake();
  }

  async #call(request: IncomingMessage, method: string): Promise<Answer> {
    const body = await readText(request);
    const isJson = request.headers["content-type"]?.startsWith("application/json");
    const form = isJson ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? form.token;
    return await this.api.call(method, form, token);
  }

  /** Raw bytes, or a form with one file. */
  async #receiveFile(request: IncomingMessage, id: string): Promise<number> {
    const bytes = await readBytes(request);
    const { "content-type": type = "" } = request.headers;
    if (!type.startsWith("multipart/form-data")) return receiveUpload(this.world, id, bytes);
    const form = await new Response(bytes, { headers: { "content-type": type } }).formData();
    const [part = ""] = form.values();
    return receiveUpload(this.world, id, Buffer.from(await new Response(part).arrayBuffer()));
  }

  /** Files want a token too; without one Slack shows its sign-in page. */
  #sendFile(request: IncomingMessage, response: ServerResponse, id: string): void {
    const token = this.api.tokens.get(request.headers.authorization?.replace(/^Bearer /, "") ?? "");
    const file = this.world.files.get(id);
    const mayRead = token !== undefined && !token.isRevoked && token.scopes.includes("files:read");
    if (!mayRead) return void response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>");
    if (!file) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": file.mimetype, "content-length": file.size }).end(file.content);
  }
}

function send(response: ServerResponse, { status, headers, body, cut }: Answer): void {
  if (cut === "before") return void response.destroy();
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
  if (cut === undefined) return void response.end(text);
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}
