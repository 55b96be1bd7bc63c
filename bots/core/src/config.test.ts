import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createStore, loadCoreConfig } from "./config.ts";

describe("loadCoreConfig", () => {
  it("has a default for everything", () => {
    expect(loadCoreConfig({})).toEqual({
      inferenceAddress: "127.0.0.1:50051",
      token: undefined,
      redisUrl: undefined,
      window: 6,
      turnsTtlMs: 30 * 86_400_000,
    });
  });

  it("reads what is set, and takes an empty variable for absent", () => {
    const env = {
      CRIA_INFERENCE_ADDRESS: "cria.example:443",
      CRIA_TOKEN: "secret",
      CRIA_REDIS_URL: "rediss://user:pw@redis.example:6380/2",
      CRIA_WINDOW: "",
      CRIA_MEMORY_DAYS: "1",
      HOME: "/root",
    };
    expect(loadCoreConfig(env)).toEqual({
      inferenceAddress: "cria.example:443",
      token: "secret",
      redisUrl: "rediss://user:pw@redis.example:6380/2",
      window: 6,
      turnsTtlMs: 86_400_000,
    });
  });

  it("cannot be changed", () => {
    expect(Object.isFrozen(loadCoreConfig({}))).toBe(true);
  });

  it("names every fault at once, and no secret", () => {
    const env = {
      CRIA_INFERENCE_ADDRESS: "nowhere",
      CRIA_REDIS_URL: "http://user:hunter2@redis",
      CRIA_WINDOW: "51",
      CRIA_MEMORY_DAYS: "1.5",
    };
    const load = () => loadCoreConfig(env);
    expect(load).toThrow("CRIA_INFERENCE_ADDRESS must be host:port, as 127.0.0.1:50051");
    expect(load).toThrow("CRIA_REDIS_URL must be redis://host:port or rediss://host:port");
    expect(load).toThrow("CRIA_WINDOW must be 1 to 50");
    expect(load).toThrow("CRIA_MEMORY_DAYS must be a whole number");
    expect(load).not.toThrow(/hunter2/);
  });
});

describe("createStore", () => {
  it("keeps memory in the process where no Redis is configured", async () => {
    const store = await createStore(loadCoreConfig({}), pino({ level: "silent" }));
    expect(store.kind).toBe("memory");
    await store.close();
  });
});
