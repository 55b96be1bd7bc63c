import { once } from "node:events";
import { constants, createInflate, inflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { AdvancingClock } from "../../clock.ts";
import { DiscordServer } from "../discord-server.ts";
import { callApi } from "../testing.ts";

interface Payload {
  readonly op: number;
  readonly t?: string;
  readonly s?: number;
  readonly d?: Readonly<Record<string, unknown>>;
}

/** A client that sends what it is told to, right or wrong. */
class RawClient {
  readonly received: Payload[] = [];
  readonly closeCode: Promise<number>;
  readonly #socket: WebSocket;

  constructor(url: string, decode = (data: Buffer) => String(data)) {
    this.#socket = new WebSocket(url);
    this.#socket.on("message", (data: Buffer) => this.received.push(JSON.parse(decode(data))));
    this.closeCode = new Promise((resolve) => this.#socket.once("close", resolve));
  }

  async open(): Promise<this> {
    await once(this.#socket, "message");
    return this;
  }

  send(payload: unknown): void {
    this.#socket.send(typeof payload === "string" ? payload : JSON.stringify(payload));
  }

  identify(fields: object = {}): void {
    this.send({ op: 2, d: { token: server.token, intents: 1, properties: {}, ...fields } });
  }

  async event(t: string): Promise<Payload> {
    await expect.poll(() => this.received.map((payload) => payload.t)).toContain(t);
    return this.received.find((payload) => payload.t === t)!;
  }

  close(): void {
    this.#socket.terminate();
  }
}

const clock = new AdvancingClock();
let server: DiscordServer;
const clients: RawClient[] = [];

async function connect(query = "v=10&encoding=json", decode?: (data: Buffer) => string): Promise<RawClient> {
  const { json } = await callApi(server, "GET", "/gateway/bot");
  const client = new RawClient(`${json.url}?${query}`, decode);
  clients.push(client);
  return await client.open();
}

describe("the gateway's protocol", () => {
  beforeEach(async () => {
    server = await DiscordServer.start({ clock });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await server.close();
  });

  it("says hello with its interval and acknowledges heartbeats", async () => {
    const client = await connect();
    expect(client.received[0]).toEqual({ op: 10, d: { heartbeat_interval: 41_250 } });
    client.send({ op: 1, d: null });
    await expect.poll(() => client.received.at(-1)).toEqual({ op: 11 });
  });

  it.each([
    ["4001 for an opcode that does not exist, once identified", 4001, { op: 99, d: null }, true],
    ["4002 for what is no JSON", 4002, "{", false],
    ["4003 for anything before IDENTIFY", 4003, { op: 3, d: {} }, false],
    ["4004 for a token that is none", 4004, { op: 2, d: { token: "x", intents: 1, properties: {} } }, false],
    ["4010 for a shard that cannot be", 4010, { op: 2, d: { intents: 1, properties: {}, shard: [2, 2] } }, false],
  ] as const)("closes with %s", async (_, code, payload, isIdentified) => {
    const client = await connect();
    if (isIdentified) client.identify();
    const sent =
      typeof payload === "object" && payload.op === 2
        ? { ...payload, d: { token: server.token, ...payload.d } }
        : payload;
    client.send(sent);
    expect(await client.closeCode).toBe(code);
  });

  it("closes with 4005 at the second IDENTIFY", async () => {
    const client = await connect();
    client.identify();
    client.identify();
    expect(await client.closeCode).toBe(4005);
  });

  it("closes with 4007 when a client resumes from an event that was not sent", async () => {
    const first = await connect();
    first.identify();
    const ready = await first.event("READY");
    const second = await connect();
    second.send({ op: 6, d: { token: server.token, session_id: ready.d!.session_id, seq: 1000 } });
    expect(await second.closeCode).toBe(4007);
  });

  it("closes with 4008 at the 121st send within a minute", async () => {
    const client = await connect();
    for (let sends = 0; sends < 120; sends++) client.send({ op: 1, d: null });
    await expect.poll(() => client.received.length).toBe(121);
    client.send({ op: 1, d: null });
    expect(await client.closeCode).toBe(4008);
  });

  it("closes with 4012 for another version", async () => {
    const { json } = await callApi(server, "GET", "/gateway/bot");
    const client = new RawClient(`${json.url}?v=9&encoding=json`);
    expect(await client.closeCode).toBe(4012);
  });

  it("finds a session invalid when it was dropped too long ago", async () => {
    const first = await connect();
    first.identify();
    const ready = await first.event("READY");
    first.close();
    await server.until(() => server.gateway.connections.size === 0, "the end of the connection");
    clock.advance(180_001);
    const second = await connect();
    second.send({ op: 6, d: { token: server.token, session_id: ready.d!.session_id, seq: 1 } });
    await expect.poll(() => second.received.at(-1)).toEqual({ op: 9, d: false });
  });

  it("closes with 4009 where no heartbeat comes", async () => {
    const client = await connect();
    clock.advance(61_876);
    expect(await client.closeCode).toBe(4009);
  });

  it("lets one session begin in 5 s, and calls the next one invalid", async () => {
    (await connect()).identify();
    const second = await connect();
    second.identify();
    await expect.poll(() => second.received.at(-1)).toEqual({ op: 9, d: false });
    clock.advance(5_000);
    const third = await connect();
    third.identify();
    await third.event("READY");
  });

  it("counts 1,000 sessions a day, and calls the next one invalid", async () => {
    await server.close();
    server = await DiscordServer.start({
      clock,
      limits: { identifies: { limit: 1, windowMs: 86_400_000 } },
    });
    const { json } = await callApi(server, "GET", "/gateway/bot");
    expect(json.session_start_limit).toMatchObject({ total: 1, remaining: 1, max_concurrency: 1 });
    (await connect()).identify();
    clock.advance(5_000);
    const second = await connect();
    second.identify();
    await expect.poll(() => second.received.at(-1)).toEqual({ op: 9, d: false });
  });

  it("compresses each payload after an IDENTIFY that asks for it", async () => {
    const client = await connect(undefined, (data) => (data[0] === 0x7b ? String(data) : String(inflateSync(data))));
    client.identify({ compress: true });
    await expect.poll(() => client.received.at(-1)?.t).toBe("READY");
  });

  it("compresses the whole stream for those who ask for it in the address", async () => {
    const inflate = createInflate({ flush: constants.Z_SYNC_FLUSH });
    const texts: string[] = [];
    inflate.on("data", (data) => texts.push(String(data)));
    const client = await connect("v=10&encoding=json&compress=zlib-stream", (data) => {
      inflate.write(data);
      return "{}";
    });
    client.identify();
    await expect.poll(() => texts.join("")).toContain("READY");
  });
});
