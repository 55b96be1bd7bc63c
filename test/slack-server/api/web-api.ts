import type { Json } from "../world/blocks.ts";
import { assistantMethods } from "./assistant-methods.ts";
import { chatMethods } from "./chat-methods.ts";
import { fileMethods } from "./file-methods.ts";
import type { Arguments, CallContext, Method } from "./method.ts";
import type { RateLimits } from "./rate-limits.ts";
import { readMethods } from "./read-methods.ts";
import { invalidArguments, SlackRefusal } from "./slack-error.ts";
import { streamMethods } from "./stream-methods.ts";
import { viewMethods } from "./view-methods.ts";

/** One call, as it was answered. */
export interface Call {
  readonly method: string;
  readonly args: Arguments;
  /** "ratelimited" for a 429; undefined where all went well. */
  readonly error: string | undefined;
  readonly atMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
  /** Where the connection is cut although the call was carried out. */
  readonly cut?: Cut | undefined;
}

/** Before the first byte of an answer, or in the middle of its body. */
export type Cut = "before" | "within";

/** A token that Slack knows. */
export interface Token {
  readonly kind: "bot" | "app";
  scopes: readonly string[];
  isRevoked: boolean;
}

const JSON_ARGUMENTS = new Set([
  "attachments",
  "blocks",
  "chunks",
  "files",
  "loading_messages",
  "metadata",
  "prompts",
  "view",
]);
/** What the client adds to every call. */
const ALWAYS = ["token", "team_id"];

/** The methods, behind what Slack checks of every call: token, scope, arguments, rate. */
export class WebApi {
  readonly calls: Call[] = [];
  readonly tokens = new Map<string, Token>();
  readonly #methods: Readonly<Record<string, Method>>;
  readonly #context: Omit<CallContext, "scopes">;
  readonly #limits: RateLimits;
  readonly #failures: { readonly method: string; readonly failure: string | number }[] = [];
  readonly #delays = new Map<string, Promise<void>>();
  readonly #cuts: { readonly method: string; readonly cut: Cut }[] = [];
  readonly #hidesScopes: boolean;
  readonly #onCall: () => void;

  constructor(options: {
    readonly context: Omit<CallContext, "scopes">;
    readonly limits: RateLimits;
    readonly openConnection: Method;
    readonly hidesScopes: boolean;
    readonly onCall: () => void;
  }) {
    this.#context = options.context;
    this.#limits = options.limits;
    this.#onCall = options.onCall;
    this.#hidesScopes = options.hidesScopes;
    this.#methods = {
      ...chatMethods,
      ...streamMethods,
      ...readMethods,
      ...assistantMethods,
      ...viewMethods,
      ...fileMethods,
      "apps.connections.open": options.openConnection,
    };
  }

  /** The next call of the method fails: with an error, or with an HTTP status; 429 asks for a second. */
  failNext(method: string, failure: string | number): void {
    this.#failures.push({ method, failure });
  }

  /** The next call of the method that nothing else keeps from it is carried out, and its answer is lost on the way. */
  loseNext(method: string, cut: Cut): void {
    this.#cuts.push({ method, cut });
  }

  /** The next call of the method is carried out only then. */
  delayNext(method: string, until: Promise<void>): void {
    this.#delays.set(method, until);
  }

  async call(method: string, form: Arguments, token: string | undefined): Promise<Answer> {
    let args: Arguments = form;
    try {
      const known = this.#authenticate(token);
      args = parseArguments(form);
      await this.#waitFor(method);
      return this.#record(method, args, await this.#run(method, args, known));
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      return this.#record(method, args, refusal(error));
    } finally {
      this.#onCall();
    }
  }

  async #run(name: string, args: Arguments, token: Token): Promise<Answer> {
    const wait = this.#limits.take(name, String(args.channel));
    if (wait !== undefined) return rateLimited(wait);
    const failure = takeOf(this.#failures, name)?.failure;
    if (failure === 429) return rateLimited(1);
    if (typeof failure === "number") return { status: failure, headers: {}, body: { ok: false, error: "fatal_error" } };
    if (failure !== undefined) throw new SlackRefusal(failure);
    const method = this.#methods[name];
    if (!method) throw new SlackRefusal("unknown_method");
    this.#checkScopes(method, args, token);
    checkArguments(method, args);
    this.#context.world.expireStreams();
    const body = await method.run(args, { ...this.#context, scopes: token.scopes, baseUrl: this.#context.baseUrl });
    const cut = takeOf(this.#cuts, name)?.cut;
    const headers: Answer["headers"] = this.#hidesScopes ? {} : { "x-oauth-scopes": token.scopes.join(",") };
    return { status: 200, headers, body: { ok: true, ...body }, cut };
  }

  async #waitFor(method: string): Promise<void> {
    const until = this.#delays.get(method);
    this.#delays.delete(method);
    await until;
  }

  #authenticate(token: string | undefined): Token {
    if (!token) throw new SlackRefusal("not_authed");
    const known = this.tokens.get(token);
    if (!known) throw new SlackRefusal("invalid_auth");
    if (known.isRevoked) throw new SlackRefusal("token_revoked");
    return known;
  }

  #checkScopes(method: Method, args: Arguments, token: Token): void {
    if (token.kind !== (method.token ?? "bot")) throw new SlackRefusal("not_allowed_token_type");
    const needed = this.#scopesOf(method, args);
    const missing = needed.find((scope) => !token.scopes.includes(scope));
    if (missing) throw new SlackRefusal("missing_scope", { needed: missing, provided: token.scopes.join(",") });
  }

  #scopesOf({ scopes = [] }: Method, args: Arguments): readonly string[] {
    if (Array.isArray(scopes)) return scopes;
    if (typeof scopes === "function") return scopes(args);
    const type = this.#context.world.channels.get(String(args.channel))?.type ?? "channel";
    return [(scopes as Readonly<Record<string, string>>)[type]!];
  }

  #record(method: string, args: Arguments, answer: Answer): Answer {
    const error = answer.body.ok === true ? undefined : String(answer.body.error);
    this.calls.push({ method, args, error, atMs: this.#context.world.clock.now() });
    return answer;
  }
}

/** The first that is meant for the method; it is meant for no other call then. */
function takeOf<T extends { readonly method: string }>(list: T[], method: string): T | undefined {
  const index = list.findIndex((entry) => entry.method === method);
  return index < 0 ? undefined : list.splice(index, 1)[0];
}

function parseArguments(form: Arguments): Arguments {
  return Object.fromEntries(
    Object.entries(form).map(([name, value]) => {
      return [name, JSON_ARGUMENTS.has(name) && typeof value === "string" ? parseJson(name, value) : value];
    }),
  );
}

function parseJson(name: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw invalidArguments(`${name} is not JSON`);
  }
}

function checkArguments({ required, optional }: Method, args: Arguments): void {
  const missing = required.find((name) => args[name] === undefined || args[name] === "");
  if (missing) throw invalidArguments(`missing required field: ${missing}`);
  const known = [...required, ...optional, ...ALWAYS];
  const unknown = Object.keys(args).find((name) => !known.includes(name));
  if (unknown) throw invalidArguments(`unknown argument: ${unknown}`);
}

function rateLimited(seconds: number): Answer {
  return { status: 429, headers: { "retry-after": String(seconds) }, body: { ok: false, error: "ratelimited" } };
}

function refusal({ code, fields }: SlackRefusal): Answer {
  return { status: 200, headers: {}, body: { ok: false, error: code, ...fields } };
}
