import { describe, expect, it } from "vitest";
import { ConfigError, isLoopback, loadConfig } from "./config.ts";

const GIB = 2 ** 30;
const load = (env: Record<string, string | undefined>) => loadConfig(env, 16 * GIB);

describe("loadConfig", () => {
  it("needs nothing", () => {
    expect(load({ PATH: "/bin" })).toMatchObject({
      host: "127.0.0.1",
      port: 50051,
      token: undefined,
      metricsPort: undefined,
      defaultModel: "smollm2-135m",
      device: "cpu",
      modelMemoryBytes: 10.5 * GIB,
      prefixCacheBytes: 1.5 * GIB,
      keepAliveMs: 300_000,
      maxNumSeqs: 16,
      promptLookup: false,
    });
  });

  it("has prompt lookup with CRIA_PROMPT_LOOKUP=1", () => {
    expect(load({ CRIA_PROMPT_LOOKUP: "1" })).toMatchObject({ promptLookup: true });
  });

  it("takes an empty variable for an absent one", () => {
    expect(load({ CRIA_PORT: "", CRIA_TOKEN: "" })).toMatchObject({ port: 50051, token: undefined });
  });

  it.each([
    ["512MiB", GIB / 2],
    ["1.5GiB", 1.5 * GIB],
  ])("reads CRIA_MEMORY=%s", (text, memoryBytes) => {
    expect(load({ CRIA_MEMORY: text, CRIA_PREFIX_CACHE: "0" })).toMatchObject({ modelMemoryBytes: memoryBytes });
  });

  it("reads sizes in whole bytes, which the contract tells them in", () => {
    const { modelMemoryBytes, prefixCacheBytes } = load({ CRIA_MEMORY: "1.1GiB", CRIA_PREFIX_CACHE: "0.1GiB" });
    expect(prefixCacheBytes).toBe(107_374_182);
    expect(modelMemoryBytes).toBe(1_181_116_006 - 107_374_182);
  });

  it.each([
    [undefined, GIB / 4],
    ["64MiB", 64 * 2 ** 20],
    ["1.5GiB", 1.5 * GIB],
    ["0", undefined],
  ])("takes CRIA_PREFIX_CACHE=%s out of CRIA_MEMORY", (text, prefixCacheBytes) => {
    const modelMemoryBytes = 2 * GIB - (prefixCacheBytes ?? 0);
    expect(load({ CRIA_MEMORY: "2GiB", CRIA_PREFIX_CACHE: text })).toMatchObject({
      modelMemoryBytes,
      prefixCacheBytes,
    });
  });

  it.each(["cuda", "cuda:1", "webgpu", "dml"])("keeps no memory for blocks that %s cannot keep", (device) => {
    const own = { modelMemoryBytes: 2 * GIB, prefixCacheBytes: 0 };
    expect(load({ CRIA_MEMORY: "2GiB", CRIA_DEVICES: device })).toMatchObject(own);
    const off = { CRIA_MEMORY: "2GiB", CRIA_DEVICES: device, CRIA_PREFIX_CACHE: "0" };
    expect(load(off)).toMatchObject({ ...own, prefixCacheBytes: undefined });
  });

  it("refuses to give models no memory", () => {
    expect(() => load({ CRIA_MEMORY: "0MiB" })).toThrow(new ConfigError(['CRIA_MEMORY="0MiB": must be more than 0']));
  });

  it("refuses a prefix cache that leaves models nothing, and sizes without a unit", () => {
    const fault = 'CRIA_PREFIX_CACHE="2GiB": must be less than CRIA_MEMORY, which is 2048MiB';
    expect(() => load({ CRIA_MEMORY: "2GiB", CRIA_PREFIX_CACHE: "2GiB" })).toThrow(new ConfigError([fault]));
    const unit = 'CRIA_PREFIX_CACHE="64": must be a number and a unit, as "512MiB" or "4GiB"; 0 for none';
    expect(() => load({ CRIA_PREFIX_CACHE: "64" })).toThrow(new ConfigError([unit]));
  });

  it.each([
    ["30s", 30_000],
    ["1.5h", 5_400_000],
    ["0", 0],
    ["-1", -1],
  ])("reads CRIA_KEEP_ALIVE=%s", (text, keepAliveMs) => {
    expect(load({ CRIA_KEEP_ALIVE: text })).toMatchObject({ keepAliveMs });
  });

  it("tells every fault at once, each with its variable and value", () => {
    const env = { CRIA_PORT: "70000", CRIA_MEMORY: "4GB", CRIA_KEEP_ALIVE: "-2", CRIA_MAX_NUM_SEQS: "0" };
    expect(() => load(env)).toThrow(
      new ConfigError([
        'CRIA_PORT="70000": must be at most 65535',
        'CRIA_KEEP_ALIVE="-2": must be a number and a unit, as "30s", "5m" or "1h"; 0 for not at all, -1 for always',
        'CRIA_MEMORY="4GB": must be a number and a unit, as "512MiB" or "4GiB"',
        'CRIA_MAX_NUM_SEQS="0": must be at least 1',
      ]),
    );
  });

  it("does not tell the token when it is a bad one", () => {
    expect(() => load({ CRIA_TOKEN: "hunter2" })).toThrow(
      new ConfigError(["CRIA_TOKEN: must have at least 16 characters"]),
    );
  });

  it("cannot be changed afterwards", () => {
    expect(Object.isFrozen(load({}))).toBe(true);
  });
});

describe("isLoopback", () => {
  it.each(["localhost", "127.0.0.1", "127.1.2.3", "::1"])("holds for %s", (host) =>
    expect(isLoopback(host)).toBe(true),
  );
  it.each(["0.0.0.0", "::", "10.0.0.1", "cria.example"])("does not hold for %s", (host) =>
    expect(isLoopback(host)).toBe(false),
  );
});
