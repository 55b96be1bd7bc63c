import { randomUUID } from "node:crypto";
import { connectRedis, createBotCore, createRedisStoresOver } from "@cria/bot-core";
import {
  createGate,
  FakeInferenceClient,
  hasRedisServer,
  type RedisServer,
  startRedisServer,
} from "@cria/bot-core/testing";
import { FinishReason } from "@cria/proto";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createCoreBot } from "./core-bot.ts";
import { createRedisChatStore } from "./store/redis-chat-store.ts";
import { createRedisTimelineStore } from "./store/redis-timeline-store.ts";
import { startWebServer } from "./web-server.ts";
import type { ChannelSnapshot } from "./wire.ts";

const TTL_MS = 60_000;
const LIMIT = { timeout: 30_000 };
const logger = pino({ level: "silent" });
const hasRedis = hasRedisServer(process.env.PATH ?? "");
if (!hasRedis) process.stderr.write("skipped: a page's server that died, because redis-server is not on the PATH\n");

describe.skipIf(!hasRedis)("a page's server that died", () => {
  let redisServer: RedisServer;
  beforeAll(async () => {
    redisServer = await startRedisServer();
  });
  afterAll(() => redisServer.close());

  async function startServer() {
    const redis = await connectRedis(redisServer.url, logger);
    const stores = createRedisStoresOver(redis, { roundsTtlMs: TTL_MS, leaseMs: 300 });
    const inference = new FakeInferenceClient();
    const core = createBotCore({ stores, inference, logger });
    const server = await startWebServer({
      bot: createCoreBot({ core, stores, inference }),
      timelineStore: createRedisTimelineStore(redis, TTL_MS),
      chatStore: createRedisChatStore(redis, TTL_MS),
      logger,
      host: "127.0.0.1",
      port: 0,
      allowedHosts: [],
      secret: "a secret for tests",
      workspaceName: "Cria",
    });
    return { server, inference, stores };
  }

  async function join(url: string) {
    const json = { "content-type": "application/json", origin: url };
    const body = JSON.stringify({ name: "Ann" });
    const session = await fetch(`${url}/api/session`, { method: "POST", headers: json, body });
    return { ...json, cookie: session.headers.get("set-cookie")!.split(";")[0]! };
  }
  const snapshot = async (url: string, headers: Record<string, string>, channel = "general") => {
    const response = await fetch(`${url}/api/channels/${channel}`, { headers });
    return (await response.json()) as ChannelSnapshot;
  };
  const messages = async (...where: Parameters<typeof snapshot>) => (await snapshot(...where)).messages;

  it("has its reply written anew by the next, in the same message", async () => {
    const dying = await startServer();
    dying.inference.script({ chunks: ["Once"], hold: new Promise(() => undefined) });
    const headers = await join(dying.server.url);
    const body = JSON.stringify({ id: "message-1", text: "@cria A story" });
    await fetch(`${dying.server.url}/api/channels/general/messages`, { method: "POST", headers, body });
    await expect.poll(async () => (await messages(dying.server.url, headers)).at(-1)?.text, LIMIT).toBe("Once");
    // Written down at most a second later.
    const isSaved = async () => {
      const redis = await connectRedis(redisServer.url, logger);
      const saved = await redis.run((client) => client.hGetAll("cria:web:{general}:messages"));
      await redis.close();
      return Object.values(saved).some((json) => json.includes('"Once"'));
    };
    await expect.poll(isSaved, LIMIT).toBe(true);
    await dying.stores.close(); // It gives no sign of life any more, and nothing it does is kept.

    const next = await startServer();
    const turn = createGate();
    next.inference.script({ queue: turn.opened, chunks: ["A time ago."] });
    const after = await join(next.server.url);
    const cutOff = (await messages(next.server.url, after)).at(-1)!;
    const retry = `${next.server.url}/api/channels/general/messages/${cutOff.id}/retry`;
    const retryHeaders = { ...after, origin: next.server.url };
    expect((await fetch(retry, { method: "POST", headers: retryHeaders, body: "{}" })).status).toBe(409);
    await expect.poll(() => next.inference.requests.length, LIMIT).toBe(1);
    expect((await messages(next.server.url, after)).at(-1)?.text).toBe("Once");
    turn.open();
    await expect
      .poll(async () => (await messages(next.server.url, after)).map(({ text }) => text), LIMIT)
      .toEqual(["@cria A story", "A time ago."]);
    expect(next.inference.requests).toHaveLength(1);
    await Promise.all([dying.server.close(), next.server.close()]);
    await next.stores.close();
  });

  it("or ended cleanly has its reply written anew by the next, which finds it as it was", async () => {
    const ending = await startServer();
    ending.inference.script({ chunks: ["Half"], hold: new Promise(() => undefined) });
    const headers = await join(ending.server.url);
    const body = JSON.stringify({ id: "message-3", text: "@cria A third" });
    await fetch(`${ending.server.url}/api/channels/general/messages`, { method: "POST", headers, body });
    await expect.poll(async () => (await messages(ending.server.url, headers)).at(-1)?.text, LIMIT).toBe("Half");
    await ending.server.close();
    await ending.stores.close();
    const redis = await connectRedis(redisServer.url, logger);
    const saved = await redis.run((client) => client.hGetAll("cria:web:{general}:messages"));
    await redis.close();
    expect(Object.values(saved).find((json) => json.includes('"Half"'))).toContain("streaming");

    const next = await startServer();
    next.inference.script({ chunks: ["Whole."] });
    const after = await join(next.server.url);
    await expect.poll(async () => (await messages(next.server.url, after)).at(-1)?.text, LIMIT).toBe("Whole.");
    await next.server.close();
    await next.stores.close();
  });

  it.each([
    ["continue", "Twice half", /^Twice/],
    ["regenerate", "half", /^(half)?$/],
  ])("has a sentence in the place of what %s began, and Retry in that of the first reply", async (kind, both, left) => {
    const dying = await startServer();
    const cut = { chunks: ["Twice"], finishReason: FinishReason.MAX_TOKENS };
    dying.inference.script(cut, { chunks: [" half"], hold: new Promise(() => undefined) });
    const headers = await join(dying.server.url);
    const post = (path: string, body: object, url = dying.server.url) =>
      fetch(`${url}/api/channels/${kind}/${path}`, {
        method: "POST",
        headers: { ...headers, origin: url },
        body: JSON.stringify(body),
      });
    await fetch(`${dying.server.url}/api/channels`, {
      method: "POST",
      headers,
      body: JSON.stringify({ name: kind }),
    });
    const last = async (url: string, as: Record<string, string>) => (await messages(url, as, kind)).at(-1);
    await post("messages", { id: `message-${kind}`, text: "@cria Another" });
    await expect.poll(async () => (await last(dying.server.url, headers))?.state?.type, LIMIT).toBe("ended");
    await post(`messages/${(await last(dying.server.url, headers))!.id}/${kind}`, {});
    await expect.poll(async () => (await last(dying.server.url, headers))?.text, LIMIT).toBe(both);
    await dying.stores.close();

    const next = await startServer();
    const after = await join(next.server.url);
    const state = { type: "failed", reason: expect.stringMatching(/Press the button again/) };
    await expect.poll(async () => (await last(next.server.url, after))?.state, LIMIT).toMatchObject(state);
    expect((await last(next.server.url, after))?.text).toMatch(left);
    expect(next.inference.requests).toHaveLength(0);
    next.inference.script({ chunks: ["Once."] });
    await post(`messages/${(await last(next.server.url, after))!.id}/retry`, {}, next.server.url);
    const remembered = async () => await snapshot(next.server.url, after, kind);
    await expect.poll(async () => (await remembered()).messages.at(-1)?.state?.type, LIMIT).toBe("ended");
    await expect
      .poll(remembered, LIMIT)
      .toMatchObject({ messages: [{}, { text: "Once." }], head: { rememberedRounds: 1 } });
    await Promise.all([dying.server.close(), next.server.close()]);
    await next.stores.close();
  });

  it("has a finished reply left as it is, although Redis never heard that it had ended", async () => {
    const dying = await startServer();
    const claim = dying.stores.inbox.claim.bind(dying.stores.inbox);
    vi.spyOn(dying.stores.inbox, "claim").mockImplementation(async (entry) => {
      const delivery = await claim(entry);
      return delivery && Object.assign(delivery, { end: async () => undefined });
    });
    dying.inference.script({ chunks: ["The end."] });
    const headers = await join(dying.server.url);
    const body = JSON.stringify({ id: "message-4", text: "@cria A fourth" });
    await fetch(`${dying.server.url}/api/channels/general/messages`, { method: "POST", headers, body });
    const finished = { text: "The end.", state: { type: "ended", end: "complete" } };
    await expect.poll(async () => (await messages(dying.server.url, headers)).at(-1), LIMIT).toMatchObject(finished);
    await dying.server.close();
    await dying.stores.close();

    const redis = await connectRedis(redisServer.url, logger);
    const numPending = () => redis.run((client) => client.xLen("cria:{web:local}:inbox"));
    expect(await numPending()).toBe(1);
    const next = await startServer();
    await expect.poll(numPending, LIMIT).toBe(0);
    await redis.close();
    expect((await messages(next.server.url, await join(next.server.url))).at(-1)).toMatchObject(finished);
    expect(next.inference.requests).toEqual([]);
    await next.server.close();
    await next.stores.close();
  });

  describe("has its reply taken over by the next, where it", () => {
    const never = new Promise<void>(() => undefined);
    type Server = Awaited<ReturnType<typeof startServer>>;
    let next: Server;
    let ann: Record<string, string>;
    const last = async () => (await messages(next.server.url, ann)).at(-1);
    const send = (method: string, path: string, body: object) =>
      fetch(`${next.server.url}/api/channels/general/messages/${path}`, {
        method,
        headers: { ...ann, origin: next.server.url },
        body: JSON.stringify(body),
      });

    beforeEach(async () => {
      const dying = await startServer();
      const { url } = dying.server;
      dying.inference.script({ chunks: ["Half"], hold: never });
      ann = await join(url);
      const id = randomUUID();
      const body = JSON.stringify({ id, text: "@cria A story" });
      await fetch(`${url}/api/channels/general/messages`, { method: "POST", headers: ann, body });
      await expect.poll(async () => (await messages(url, ann)).at(-1)?.text, LIMIT).toBe("Half");
      await dying.stores.close();
      next = await startServer();
      next.inference.script({ chunks: ["Once upon"], hold: never }, { chunks: ["A fable."] });
      await expect.poll(async () => (await last())?.text, LIMIT).toBe("Once upon");
      await dying.server.close();
    });
    afterEach(async () => {
      await next.server.close();
      await next.stores.close();
    });

    it("is stopped by who presses Stop", async () => {
      expect((await send("POST", `${(await last())!.id}/stop`, {})).status).toBe(202);
      const stopped = { type: "ended", end: "stopped", stoppedBy: { name: "Ann" } };
      await expect.poll(last, LIMIT).toMatchObject({ text: "Once upon", state: stopped });
    });

    it("is answered anew when the question is changed", async () => {
      const question = (await last())!.answers!.messageId;
      expect((await send("PUT", question, { text: "@cria A fable" })).status).toBe(202);
      await expect.poll(last, LIMIT).toMatchObject({ text: "A fable.", state: { type: "ended", end: "complete" } });
      expect(next.inference.requests).toHaveLength(2);
    });

    it("is left to the one after it when its server ends", async () => {
      const { id } = (await last())!;
      await next.server.close();
      const redis = await connectRedis(redisServer.url, logger);
      const saved = await redis.run((client) => client.hGet("cria:web:{general}:messages", id));
      await redis.close();
      expect(JSON.parse(saved!)).toMatchObject({ text: "Once upon", state: { type: "streaming" } });
    });
  });
});
