import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import type { Method } from "../api/method.ts";
import { SlackRefusal } from "../api/slack-error.ts";
import type { World } from "../world/world.ts";
import { ACK_TIMEOUT_MS, type Delivery, type Transport } from "./transport.ts";

const MAX_CONNECTIONS = 10;

interface Waiting {
  readonly socket: WebSocket;
  settle(outcome: { readonly ack: unknown } | { readonly failure: string }): void;
}

/** Socket Mode: each event goes to one of the app's connections, at random. */
export class SocketMode implements Transport {
  readonly #world: World;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #sockets = new Set<WebSocket>();
  readonly #tickets = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #random: () => number;
  readonly #onChange: () => void;

  constructor(world: World, random: () => number, onChange: () => void) {
    this.#world = world;
    this.#random = random;
    this.#onChange = onChange;
  }

  get numConnections(): number {
    return this.#sockets.size;
  }

  /** Deliveries that are not acknowledged yet. */
  get numWaiting(): number {
    return this.#waiting.size;
  }

  /** `apps.connections.open`. */
  readonly open: Method = {
    required: [],
    optional: [],
    scopes: ["connections:write"],
    token: "app",
    run: (_, { baseUrl }) => {
      if (this.#sockets.size >= MAX_CONNECTIONS) throw new SlackRefusal("too_many_websockets");
      const ticket = randomUUID();
      this.#tickets.add(ticket);
      return { url: `${baseUrl.replace("http", "ws")}/link/?ticket=${ticket}` };
    },
  };

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? "/", "http://server").searchParams.get("ticket") ?? "";
    if (!this.#tickets.delete(ticket)) return void socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
    this.#server.handleUpgrade(request, socket, head, (connection) => this.#accept(connection));
  }

  /** Ends connections as Slack does: warned of, or without a word. */
  disconnect(reason: "warning" | "refresh_requested" | "link_disabled" | "cut"): void {
    for (const socket of this.#sockets) {
      if (reason === "cut") socket.terminate();
      else socket.send(JSON.stringify({ type: "disconnect", reason, debug_info: { host: "test" } }));
    }
  }

  deliver({ kind, payload, retry }: Delivery): Promise<unknown> {
    const open = [...this.#sockets].filter(({ readyState }) => readyState === WebSocket.OPEN);
    const socket = open[Math.floor(this.#random() * open.length)];
    if (!socket) return Promise.reject(new Error("connection_failed"));
    const envelopeId = randomUUID();
    const answer = this.#awaitAck(envelopeId, socket);
    const retries = retry && { retry_attempt: retry.attempt, retry_reason: retry.reason };
    const accepts = kind !== "events_api";
    const envelope = { envelope_id: envelopeId, type: kind, payload, accepts_response_payload: accepts, ...retries };
    socket.send(JSON.stringify(envelope));
    return answer;
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
    this.#server.close();
  }

  #accept(socket: WebSocket): void {
    this.#sockets.add(socket);
    socket.on("message", (data) => this.#acknowledge(String(data)));
    socket.on("close", () => this.#lose(socket));
    socket.on("error", () => socket.terminate());
    const hello = {
      type: "hello",
      num_connections: this.#sockets.size,
      connection_info: { app_id: this.#world.appId },
    };
    socket.send(JSON.stringify({ ...hello, debug_info: { host: "test", approximate_connection_time: 18_060 } }));
    this.#onChange();
  }

  #awaitAck(envelopeId: string, socket: WebSocket): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const stop = this.#world.clock.schedule(ACK_TIMEOUT_MS, () => settle({ failure: "timeout" }));
      const settle: Waiting["settle"] = (outcome) => {
        stop();
        this.#waiting.delete(envelopeId);
        if ("ack" in outcome) resolve(outcome.ack);
        else reject(new Error(outcome.failure));
      };
      this.#waiting.set(envelopeId, { socket, settle });
    });
  }

  #acknowledge(data: string): void {
    const { envelope_id: envelopeId, payload } = JSON.parse(data) as { envelope_id: string; payload?: unknown };
    const waiting = this.#waiting.get(envelopeId);
    if (waiting) waiting.settle({ ack: payload });
    else this.#world.violations.push(`acknowledged late or twice: ${envelopeId}`);
  }

  #lose(socket: WebSocket): void {
    this.#sockets.delete(socket);
    for (const waiting of this.#waiting.values())
      if (waiting.socket === socket) waiting.settle({ failure: "connection_failed" });
    this.#onChange();
  }
}
