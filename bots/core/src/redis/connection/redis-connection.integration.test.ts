import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pause } from "../../port/pause.ts";
import { hasRedisServer, type RedisServer, startRedisServer } from "../../testing/redis-server.ts";
import { startTcpProxy, type TcpProxy } from "../../testing/tcp-proxy.ts";
import { connectRedis, type RedisConnection } from "./redis-connection.ts";

const logger = pino({ level: "silent" });
/** Of a line that is dead, until it is made anew. */
const SECONDS = { timeout: 12_000 };
const never = new AbortController().signal;

describe.skipIf(!hasRedisServer(process.env.PATH ?? ""))("a connection to Redis", () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  let redis: RedisConnection;
  beforeAll(async () => {
    server = await startRedisServer();
    proxy = await startTcpProxy(Number(new URL(server.url).port));
    redis = await connectRedis(`redis://127.0.0.1:${proxy.port}`, logger);
  });
  afterAll(async () => {
    await redis.close();
    await proxy.close();
    await server.close();
  });
  const isThere = () =>
    redis
      .run((client) => client.exists("x"))
      .then(
        () => true,
        () => false,
      );

  describe("on which nothing comes any more, while new ones work", () => {
    it("is made anew within seconds while commands go on", async () => {
      proxy.silence();
      const commands = setInterval(() => void isThere(), 200);
      const startMs = performance.now();
      await expect.poll(isThere, SECONDS).toBe(true);
      expect(performance.now() - startMs).toBeLessThan(6_000);
      clearInterval(commands);
    });

    it("is made anew within seconds while nobody uses it, and where it only listens", async () => {
      const heard: string[] = [];
      redis.subscribe("channel", (message) => void heard.push(message));
      const publish = () => redis.run((client) => client.publish("channel", "hello"));
      await expect.poll(async () => (await publish()) > 0).toBe(true);
      proxy.silence();
      await pause(9_000, never);
      heard.splice(0);
      expect(await publish()).toBeGreaterThan(0);
      await expect.poll(() => heard).toEqual(["hello"]);
    });
  });

  it("listens in the end where it broke in the instant in which it began to, and blames nobody", async () => {
    const lines: string[] = [];
    const log = pino({ level: "error" }, { write: (line: string) => void lines.push(line) });
    const listening = await connectRedis(`redis://127.0.0.1:${proxy.port}`, log);
    listening.subscribe("first", () => undefined);
    const numListeners = (channel: string) => redis.run((client) => client.publish(channel, ""));
    await expect.poll(() => numListeners("first")).toBe(1);
    proxy.mute();
    listening.subscribe("second", () => undefined);
    await pause(200, never);
    proxy.cut();
    await expect.poll(() => numListeners("second").catch(() => 0), SECONDS).toBe(1);
    expect(lines).toEqual([]);
    await listening.close();
  });

  it("fails while Redis is there and does not answer, and comes back when it does", async () => {
    server.freeze();
    await expect(redis.run((client) => client.exists("x"))).rejects.toMatchObject({ code: "MEMORY_UNAVAILABLE" });
    await expect(redis.run((client) => client.exists("x"))).rejects.toMatchObject({ code: "MEMORY_UNAVAILABLE" });
    server.thaw();
    await expect.poll(isThere, SECONDS).toBe(true);
  });

  it("gives up with a dead line what was never sent on it", async () => {
    const value = "x".repeat(2 ** 20);
    const keys = Array.from({ length: 64 }, (_, index) => `key${index}`);
    server.freeze();
    const sent = await Promise.allSettled(keys.map((key) => redis.run((client) => client.set(key, value))));
    expect(sent.every(({ status }) => status === "rejected")).toBe(true);
    await pause(1_500, never);
    server.thaw();
    await expect.poll(isThere, SECONDS).toBe(true);
    expect(await redis.run((client) => client.exists(keys.at(-1)!))).toBe(0);
  });

  it("is said to be back once Redis answers, not when it takes a connection", async () => {
    const said: string[] = [];
    const noting = pino({}, { write: (line: string) => void said.push(JSON.parse(line).msg) });
    const noted = await connectRedis(`redis://127.0.0.1:${proxy.port}`, noting);
    server.freeze();
    await expect(noted.run((client) => client.exists("x"))).rejects.toMatchObject({ code: "MEMORY_UNAVAILABLE" });
    await expect.poll(() => said, SECONDS).toHaveLength(1);
    await pause(1_500, never);
    expect(said).toEqual(["Redis cannot be reached; memory is away until it is back"]);
    server.thaw();
    await expect.poll(() => said.at(-1), SECONDS).toBe("Redis is back");
    await noted.close();
  });
});
