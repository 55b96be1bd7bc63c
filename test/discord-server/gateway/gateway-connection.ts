import { constants, createDeflate, deflateSync } from "node:zlib";
import { GatewayCloseCodes, GatewayOpcodes } from "discord-api-types/v10";
import type { WebSocket } from "ws";
import { z } from "zod";
import { RateLimiter } from "../rate-limiter.ts";
import type { World } from "../world/world.ts";
import type { GatewaySession, Identify } from "./gateway-session.ts";

/** What decides for a connection: a session, or none that is valid. Both throw a close code. */
export interface GatewayRules {
  readonly world: World;
  identify(identify: Identify): GatewaySession | undefined;
  resume(token: string, sessionId: string, sequence: number): GatewaySession | undefined;
}

const payload = z.object({ op: z.int(), d: z.unknown() });
const identifyBody = z.object({
  token: z.string(),
  intents: z.int(),
  shard: z.tuple([z.int(), z.int()]).default([0, 1]),
  properties: z.object({}),
  compress: z.boolean().optional(),
});
const resumeBody = z.object({ token: z.string(), session_id: z.string(), seq: z.int().nullable() });

/** A heartbeat may come this much late, as a part of the interval. */
const HEARTBEAT_SLACK = 1.5;

/** One websocket, from hello to its end. */
export class GatewayConnection {
  readonly #socket: WebSocket;
  readonly #rules: GatewayRules;
  readonly #limiter: RateLimiter;
  readonly #deflate = createDeflate();
  readonly #isZlibStream: boolean;
  #compresses = false;
  #session: GatewaySession | undefined;
  #stopHeartbeatTimer = () => {};

  constructor(socket: WebSocket, rules: GatewayRules, isZlibStream: boolean) {
    this.#socket = socket;
    this.#rules = rules;
    this.#isZlibStream = isZlibStream;
    this.#limiter = new RateLimiter(rules.world.now);
    socket.on("message", (data) => this.#receive(String(data)));
    socket.on("error", () => socket.terminate());
    socket.once("close", () => this.#end());
  }

  hello(): void {
    this.#write({ op: GatewayOpcodes.Hello, d: { heartbeat_interval: this.#rules.world.limits.heartbeatMs } });
    this.#awaitHeartbeat();
  }

  dispatch({ s, t, d }: { readonly s: number; readonly t: string; readonly d: object }): void {
    this.#write({ op: GatewayOpcodes.Dispatch, s, t, d });
  }

  /** Closes with a code of Discord's. */
  close(code: number): void {
    this.#socket.close(code);
  }

  /** Ends the connection without a word. */
  drop(): void {
    this.#socket.terminate();
  }

  /** Asks the client to connect again. */
  askToReconnect(): void {
    this.#write({ op: GatewayOpcodes.Reconnect, d: null });
  }

  invalidate(canResume: boolean): void {
    this.#write({ op: GatewayOpcodes.InvalidSession, d: canResume });
  }

  #receive(text: string): void {
    try {
      this.#checkRate();
      this.#handle(parsePayload(text));
    } catch (code) {
      if (typeof code !== "number") throw code;
      this.close(code);
    }
  }

  #checkRate(): void {
    if (!this.#limiter.take("sends", this.#rules.world.limits.gatewaySends).isAllowed)
      throw GatewayCloseCodes.RateLimited;
  }

  #handle({ op, d }: z.infer<typeof payload>): void {
    switch (op) {
      case GatewayOpcodes.Heartbeat:
        this.#awaitHeartbeat();
        this.#write({ op: GatewayOpcodes.HeartbeatAck });
        break;
      case GatewayOpcodes.Identify:
        this.#identify(d);
        break;
      case GatewayOpcodes.Resume:
        this.#resume(d);
        break;
      default:
        if (!this.#session) throw GatewayCloseCodes.NotAuthenticated;
        if (op !== GatewayOpcodes.PresenceUpdate && op !== GatewayOpcodes.RequestGuildMembers)
          throw GatewayCloseCodes.UnknownOpcode;
    }
  }

  #identify(d: unknown): void {
    if (this.#session) throw GatewayCloseCodes.AlreadyAuthenticated;
    const { compress, ...identify } = parse(identifyBody, d);
    const session = this.#rules.identify(identify);
    this.#compresses = compress === true;
    this.#begin(session, 0);
  }

  #resume(d: unknown): void {
    if (this.#session) throw GatewayCloseCodes.AlreadyAuthenticated;
    const { token, session_id, seq } = parse(resumeBody, d);
    const session = this.#rules.resume(token, session_id, seq ?? 0);
    this.#begin(session, seq ?? 0);
    session?.send("RESUMED", {});
  }

  #begin(session: GatewaySession | undefined, sequence: number): void {
    this.#session = session;
    if (session) session.attach(this, sequence);
    else this.invalidate(false);
  }

  #awaitHeartbeat(): void {
    this.#stopHeartbeatTimer();
    const { clock, limits } = this.#rules.world;
    const close = () => this.close(GatewayCloseCodes.SessionTimedOut);
    this.#stopHeartbeatTimer = clock.schedule(limits.heartbeatMs * HEARTBEAT_SLACK, close);
  }

  #write(message: object): void {
    const text = JSON.stringify(message);
    if (this.#isZlibStream) this.#writeStream(text);
    else this.#socket.send(this.#compresses ? deflateSync(text) : text);
  }

  #writeStream(text: string): void {
    this.#deflate.write(text);
    this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
      const bytes = this.#deflate.read();
      if (bytes !== null && this.#socket.readyState === this.#socket.OPEN) this.#socket.send(bytes);
    });
  }

  #end(): void {
    this.#stopHeartbeatTimer();
    this.#deflate.close();
    this.#session?.detach(this);
  }
}

function parsePayload(text: string): z.infer<typeof payload> {
  try {
    return parse(payload, JSON.parse(text));
  } catch {
    throw GatewayCloseCodes.DecodeError;
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw GatewayCloseCodes.DecodeError;
  return result.data;
}
