import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasRedisServer, startRedisServer } from "@cria/bot-core/testing";
import { createClient } from "redis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChunkSource } from "./testing/chunk-source.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";
import type { ServerEvent } from "./wire.ts";

const hasRedis = hasRedisServer(process.env.PATH ?? "");
if (!hasRedis) process.stderr.write("skipped: a page without its Redis, because redis-server is not on the PATH\n");

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

describe("startWebServer", () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.close());

  it("loads the page in under 150 KB, nothing of it from elsewhere", async () => {
    const headers = { "accept-encoding": "gzip" };
    const html = await (await fetch(server.url, { headers })).text();
    const paths = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(paths.every((path) => path.startsWith("/"))).toBe(true);
    const sizes = await Promise.all(paths.map((path) => compressedSize(server.url + path)));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150 * 1024);
  });

  it("goes on after the last event a page saw, and starts afresh after another run's", async () => {
    const session = await Session.start(server.url);
    const after = (await session.workspace()).eventId;
    const first = new EventReader(session, after);
    await session.post("one");
    const seen = await first.next((event) => event.type === "message");
    await first.close();
    await session.post("two");
    const second = new EventReader(session, seen.id);
    const missed = await second.next((event) => event.type === "message");
    expect(missed.event).toMatchObject({ message: { text: "two" } });
    await second.close();
    const third = new EventReader(session, "another-run-7");
    expect((await third.nextRaw()).name).toBe("resync");
    await third.close();
  });

  it("has no more than four streams of one person, says so to a fifth, and forgets those that close", async () => {
    const session = await Session.start(server.url);
    const { eventId } = await session.workspace();
    const readers = Array.from({ length: 4 }, () => new EventReader(session, eventId));
    await Promise.all(readers.map((reader) => reader.nextRaw()));
    const refused = await session.get("/api/events");
    expect(await refused.text()).toMatch(/^event: refused\ndata: You have 4 other windows open/);
    await Promise.all(readers.map((reader) => reader.close()));
    const firstEvent = async () => {
      const reader = new EventReader(session, eventId);
      const { name } = await reader.nextRaw();
      await reader.close();
      return name;
    };
    await expect.poll(firstEvent, { timeout: 10_000 }).toBe("ping");
  });

  it("closes although a test left a reply unfinished", async () => {
    server.inference.script({ chunks: new ChunkSource() });
    const session = await Session.start(server.url);
    const reader = new EventReader(session, (await session.workspace()).eventId);
    await session.post("@cria hello");
    await reader.next((event) => event.type === "state" && event.state.type === "reading");
    await server.close();
    server = await startTestServer();
  });

  it("closes at once although pages listen", async () => {
    const session = await Session.start(server.url);
    const reader = new EventReader(session, (await session.workspace()).eventId);
    await reader.nextRaw();
    await server.close();
    await expect(fetch(server.url)).rejects.toThrow();
    server = await startTestServer();
  });
});

describe("the process", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "cria-web-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  function startProcess(env: Record<string, string>) {
    const args = ["--import", import.meta.resolve("tsx"), MAIN];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, CRIA_INFERENCE_ADDRESS: "127.0.0.1:1", CRIA_REDIS_URL: "", CRIA_WEB_PORT: "0", ...env },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    return { child, output: () => output, exit: once(child, "exit") };
  }

  it("serves the page while the inference service is away, and stops on SIGTERM", async () => {
    const { child, output, exit } = startProcess({});
    await expect.poll(output, { timeout: 30_000 }).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output())![0];
    expect(await (await fetch(url)).text()).toContain("<title>Cria</title>");
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
  });

  it.skipIf(!hasRedis)("ends at once while it waits for its Redis", async () => {
    const redis = await startRedisServer();
    await redis.kill();
    const { child, output, exit } = startProcess({ CRIA_REDIS_URL: redis.url });
    await expect.poll(output, { timeout: 30_000 }).toContain("The page waits for the Redis of CRIA_REDIS_URL.");
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
    expect(output()).not.toContain("aborted");
    await redis.close();
  });

  it.skipIf(!hasRedis)("waits for a Redis that is away at the start, and says so", async () => {
    const redis = await startRedisServer();
    await redis.kill();
    const { child, output, exit } = startProcess({ CRIA_REDIS_URL: redis.url });
    await expect.poll(output, { timeout: 30_000 }).toContain("The page waits for the Redis of CRIA_REDIS_URL.");
    await redis.start();
    await expect.poll(output, { timeout: 30_000 }).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
    await redis.close();
  });

  it.skipIf(!hasRedis)("ends with 2 where its Redis does not take it, since another start is no use", async () => {
    const redis = await startRedisServer();
    const admin = await createClient({ url: redis.url }).connect();
    await admin.aclSetUser("default", "-lrange");
    const { output, exit } = startProcess({ CRIA_REDIS_URL: redis.url });
    expect((await exit)[0]).toBe(2);
    expect(output()).toContain("NOPERM");
    admin.destroy();
    await redis.close();
  });

  it("says in one line that its port is taken", async () => {
    const taken: Server = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const port = `${(taken.address() as { port: number }).port}`;
    const { output, exit } = startProcess({ CRIA_WEB_PORT: port });
    expect((await exit)[0]).toBe(3);
    expect(output().trim().split("\n").at(-1)).toContain("set CRIA_WEB_PORT");
    taken.close();
  });

  it("names every fault of its configuration", async () => {
    const { output, exit } = startProcess({ CRIA_WEB_PORT: "x", CRIA_LOG_LEVEL: "loud" });
    expect((await exit)[0]).toBe(2);
    const { msg } = JSON.parse(output());
    expect(msg).toContain('CRIA_WEB_PORT="x": must be a port');
    expect(msg).toContain('CRIA_LOG_LEVEL="loud": must be one of');
  });
});

/** A browser's session, without a browser. */
class Session {
  readonly #url: string;
  readonly #cookie: string;
  #numMessages = 0;

  private constructor(url: string, cookie: string) {
    this.#url = url;
    this.#cookie = cookie;
  }

  static async start(url: string): Promise<Session> {
    const response = await send(url, "/api/session", { name: "Ada" }, "");
    return new Session(url, response.headers.get("set-cookie")!.split(";")[0]!);
  }

  get(path: string, signal?: AbortSignal): Promise<Response> {
    return fetch(this.#url + path, { headers: { cookie: this.#cookie }, signal: signal ?? null });
  }

  async workspace(): Promise<{ eventId: string }> {
    return (await (await this.get("/api/workspace")).json()) as { eventId: string };
  }

  async post(text: string): Promise<void> {
    const message = { id: `message-${++this.#numMessages}`, text };
    const response = await send(this.#url, "/api/channels/general/messages", message, this.#cookie);
    expect(response.status).toBe(202);
  }
}

function send(url: string, path: string, body: object, cookie: string): Promise<Response> {
  const headers = { cookie, origin: url, "content-type": "application/json" };
  return fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
}

interface RawEvent {
  readonly name: string;
  readonly id: string;
  readonly data: string;
}

/** Reads an event stream. */
class EventReader {
  readonly #abort = new AbortController();
  readonly #events: AsyncGenerator<RawEvent>;

  constructor(session: Session, after: string) {
    const response = session.get(`/api/events?after=${after}`, this.#abort.signal);
    this.#events = readEvents(response);
  }

  async nextRaw(): Promise<RawEvent> {
    return (await this.#events.next()).value as RawEvent;
  }

  async next(predicate: (event: ServerEvent) => boolean): Promise<{ id: string; event: ServerEvent }> {
    for (;;) {
      const { id, data } = await this.nextRaw();
      const event = data === "" ? undefined : (JSON.parse(data) as ServerEvent);
      if (event !== undefined && predicate(event)) return { id, event };
    }
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#events.next().catch(() => undefined);
  }
}

async function* readEvents(response: Promise<Response>): AsyncGenerator<RawEvent> {
  let buffer = "";
  for await (const chunk of (await response).body!.pipeThrough(new TextDecoderStream())) {
    buffer += chunk;
    const records = buffer.split("\n\n");
    buffer = records.pop()!;
    for (const record of records) yield parseRecord(record);
  }
}

function parseRecord(record: string): RawEvent {
  const fields = Object.fromEntries(
    record.split("\n").map((line) => [line.split(": ")[0]!, line.split(": ").slice(1).join(": ")]),
  );
  return { name: fields.event ?? "message", id: fields.id ?? "", data: fields.data ?? "" };
}

async function compressedSize(url: string): Promise<number> {
  const { hostname, port, pathname, host } = new URL(url);
  const socket = createConnection(Number(port), hostname);
  socket.end(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`);
  let size = 0;
  for await (const chunk of socket) size += (chunk as Buffer).length;
  return size;
}
