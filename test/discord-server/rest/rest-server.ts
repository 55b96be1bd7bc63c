import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "../api-error.ts";
import { RateLimiter, type RateVerdict } from "../rate-limiter.ts";
import { readBody } from "./request-body.ts";
import type { ApiParts, ApiRequest, Route } from "./route.ts";
import { ROUTES } from "./routes.ts";

const PREFIX = "/api/v10";

/** A request that came, and how it was answered. */
export interface RequestRecord {
  readonly method: string;
  /** Below /api/v10. */
  readonly path: string;
  readonly json: unknown;
  readonly status: number;
  readonly atMs: number;
}

/** No status: the answer breaks off within its body. */
export const BROKEN_OFF = 0;
/** No status: the connection is cut off before an answer. */
export const CUT_OFF = -1;

/** An answer a test puts in the place of the real one. */
export interface Outage {
  /** Which requests; `GET /gateway/bot` and the like. */
  readonly matches: (request: { readonly method: string; readonly path: string }) => boolean;
  /** Or that the answer breaks off, or that none comes. */
  readonly status: number;
  /** Whether the request takes effect all the same: only its answer is lost. */
  readonly isDone: boolean;
  /** How many requests it meets. */
  times: number;
}

/** Holds the requests of a kind back until a test lets them be answered. */
export interface Hold {
  readonly matches: Outage["matches"];
  readonly isOver: Promise<void>;
  onAsked(): void;
}

/** Discord's REST API: who asks, how often, and then what. */
export class RestServer {
  readonly requests: RequestRecord[] = [];
  readonly #outages: Outage[] = [];
  readonly holds: Hold[] = [];
  readonly #parts: ApiParts;
  readonly #token: () => string;
  readonly #onAnswered: () => void;
  readonly #limiter: RateLimiter;
  readonly #routes = ROUTES.map((route) => ({ route, pattern: pathPattern(route.path) }));

  constructor(parts: ApiParts, token: () => string, onAnswered: () => void) {
    this.#parts = parts;
    this.#token = token;
    this.#onAnswered = onAnswered;
    this.#limiter = new RateLimiter(parts.world.now);
  }

  /** Answers the next requests of a kind otherwise. */
  fail({
    method,
    path,
    ...outage
  }: Omit<Outage, "matches"> & { readonly method: string; readonly path: RegExp }): void {
    this.#outages.push({ ...outage, matches: (request) => request.method === method && path.test(request.path) });
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, "http://discord");
    if (url.pathname.startsWith("/attachments/")) return this.#sendFile(url, response);
    response.setHeader("date", new Date(this.#parts.world.now()).toUTCString());
    const record = { method: request.method!, path: url.pathname.slice(PREFIX.length), atMs: this.#parts.world.now() };
    let json: unknown;
    try {
      const body = await readBody(request);
      json = body.json;
      await this.#held(record);
      this.#checkBan();
      const match = this.#match(request.method!, url.pathname);
      const outage = this.#outageOf(record);
      if (outage?.status === CUT_OFF) return void request.socket.destroy();
      if (outage && !outage.isDone) throw outageRefusal(outage);
      if (!match.route.isOpen) this.#authenticate(request);
      this.#limit(match, response);
      const api = { ...body, params: match.params, query: url.searchParams };
      const answer = match.route.handle(this.#parts, api) ?? undefined;
      if (outage?.status === BROKEN_OFF) return breakOff(response);
      if (outage) throw outageRefusal(outage);
      send(response, 200, answer);
    } catch (error) {
      this.#refuse(response, error);
    }
    this.requests.push({ ...record, json, status: response.statusCode });
    this.#onAnswered();
  }

  #match(method: string, pathname: string): { route: Route; params: ApiRequest["params"] } {
    const path = pathname.startsWith(`${PREFIX}/`) ? pathname.slice(PREFIX.length) : "";
    for (const { route, pattern } of this.#routes) {
      const match = route.method === method ? pattern.exec(path) : null;
      if (match) return { route, params: decoded(match.groups) };
    }
    throw new ApiError(0);
  }

  #authenticate(request: IncomingMessage): void {
    if (request.headers.authorization !== `Bot ${this.#token()}`)
      throw new Refusal(401, { message: "401: Unauthorized", code: 0 });
  }

  async #held(request: { method: string; path: string }): Promise<void> {
    const hold = this.holds.find(({ matches }) => matches(request));
    hold?.onAsked();
    await hold?.isOver;
  }

  #outageOf(request: { method: string; path: string }): Outage | undefined {
    const outage = this.#outages.find((candidate) => candidate.times > 0 && candidate.matches(request));
    if (outage) outage.times--;
    return outage;
  }

  #limit({ route, params }: { route: Route; params: ApiRequest["params"] }, response: ServerResponse): void {
    const { limits } = this.#parts.world;
    const major = params.channel ?? params.guild ?? params.token ?? "";
    const rate = limits.buckets[route.bucket];
    const bucket = route.bucket === "other" ? `${route.method} ${route.path}` : route.bucket;
    if (!route.isOpen) {
      const verdict = this.#limiter.take("global", limits.global);
      if (!verdict.isAllowed) throw this.#tooMany(verdict, "global", response);
    }
    const verdict = this.#limiter.take(`${bucket} ${major}`, rate);
    const hash = createHash("md5").update(bucket).digest("hex");
    for (const [name, value] of this.#headers(verdict, hash)) response.setHeader(name, value);
    if (!verdict.isAllowed) throw this.#tooMany(verdict, "user", response);
  }

  #headers({ limit, remaining, resetAtMs }: RateVerdict, hash: string): [string, string][] {
    return [
      ["x-ratelimit-limit", `${limit}`],
      ["x-ratelimit-remaining", `${remaining}`],
      ["x-ratelimit-reset", `${resetAtMs / 1000}`],
      ["x-ratelimit-reset-after", this.#secondsTo(resetAtMs)],
      ["x-ratelimit-bucket", hash],
    ];
  }

  #tooMany({ resetAtMs }: RateVerdict, scope: "user" | "global", response: ServerResponse): Refusal {
    const after = this.#secondsTo(resetAtMs);
    response.setHeader("retry-after", `${Math.ceil(Number(after))}`);
    response.setHeader("x-ratelimit-scope", scope);
    if (scope === "global") response.setHeader("x-ratelimit-global", "true");
    const message = "You are being rate limited.";
    return new Refusal(429, { message, retry_after: Number(after), global: scope === "global" });
  }

  #secondsTo(atMs: number): string {
    return (Math.max(0, atMs - this.#parts.world.now()) / 1000).toFixed(3);
  }

  #refuse(response: ServerResponse, error: unknown): void {
    const isKnown = error instanceof ApiError || error instanceof Refusal;
    const status = isKnown ? error.status : 500;
    const { limits } = this.#parts.world;
    if (status === 401 || status === 403 || status === 429) this.#limiter.take("invalid", limits.invalidRequests);
    send(response, status, isKnown ? error.toJSON() : { message: String(error), code: 0 });
  }

  /** Cloudflare stands before the API and knows no JSON. */
  #checkBan(): void {
    const { invalidRequests } = this.#parts.world.limits;
    if (!this.#limiter.peek("invalid", invalidRequests).isAllowed)
      throw new Refusal(429, "<html>error code: 1015</html>");
  }

  #sendFile(url: URL, response: ServerResponse): void {
    const bytes = this.#parts.world.files.get(decodeURIComponent(url.pathname.slice("/attachments/".length)));
    response.writeHead(bytes ? 200 : 404).end(bytes);
  }
}

/** An answer that is no JSON error code. */
class Refusal extends Error {
  readonly status: number;
  readonly #body: object | string;

  constructor(status: number, body: object | string) {
    super(`HTTP ${status}`);
    this.status = status;
    this.#body = body;
  }

  toJSON(): object | string {
    return this.#body;
  }
}

function breakOff(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" }).write('{"id": ');
  setImmediate(() => response.destroy());
}

function outageRefusal({ status }: Outage): Refusal {
  return new Refusal(status, { message: "upstream connect error", code: 0 });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (typeof body === "string") response.writeHead(status, { "content-type": "text/html" }).end(body);
  else if (body === undefined) response.writeHead(204).end();
  else response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function decoded(params: Readonly<Record<string, string>> = {}): ApiRequest["params"] {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decodeURIComponent(value)]));
}

function pathPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`);
}
