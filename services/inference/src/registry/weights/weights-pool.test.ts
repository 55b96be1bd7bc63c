import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { graphWithData, writeModelFolder } from "../../model-folder/model-folder.fixture.ts";
import { registryOverFolders } from "../registry-over-folders.fixture.ts";
import { FakeMemory, failureOf, use } from "./fake-memory.fixture.ts";

const { modelsDir, start, clean } = registryOverFolders();
afterEach(async () => {
  await clean();
  vi.useRealTimers();
});

describe("a registry's memory", () => {
  describe("keep-alive", () => {
    const startIdle = async (keepAliveMs: number, options = {}) => {
      writeModelFolder(modelsDir, "llama");
      const memory = new FakeMemory();
      const models = start(memory, { keepAliveMs });
      const lease = await models.acquire("llama", options);
      vi.useFakeTimers();
      return { memory, models, lease };
    };

    it("frees a model some time after its last use", async () => {
      const { memory, models, lease } = await startIdle(5_000);
      vi.advanceTimersByTime(60_000);
      lease.release();
      vi.advanceTimersByTime(4_999);
      expect(memory.loaded.size).toBe(1);
      await use(models, "llama");
      vi.advanceTimersByTime(4_999);
      expect(memory.loaded.size).toBe(1);
      vi.advanceTimersByTime(1);
      expect(memory.loaded.size).toBe(0);
      expect(models.get("llama").state).toBe("available");
    });

    it("frees it at once when asked to keep it for no time", async () => {
      const { memory, lease } = await startIdle(5_000, { keepAliveMs: 0 });
      expect(memory.loaded.size).toBe(1);
      lease.release();
      lease.release();
      expect(memory.loaded.size).toBe(0);
    });

    it("keeps it always when asked to, and those who do not ask change nothing", async () => {
      const { memory, models, lease } = await startIdle(5_000, { keepAliveMs: -1 });
      lease.release();
      await use(models, "llama");
      vi.advanceTimersByTime(1e12);
      expect(memory.loaded.size).toBe(1);
      await use(models, "llama", { keepAliveMs: 10 });
      vi.advanceTimersByTime(10);
      expect(memory.loaded.size).toBe(0);
    });
  });

  describe("unload", () => {
    it("waits for leases, and whoever asks meanwhile waits for a new load", async () => {
      writeModelFolder(modelsDir, "llama");
      const memory = new FakeMemory();
      const models = start(memory);
      const lease = await models.acquire("llama");
      const unloaded = models.unload("llama");
      const next = models.acquire("llama");
      expect(memory.log).toEqual(["load llama"]);
      lease.release();
      await unloaded;
      await next;
      expect(memory.log).toEqual(["load llama", "free llama", "load llama"]);
    });

    it("does nothing to a model that is not loaded", async () => {
      writeModelFolder(modelsDir, "llama");
      const memory = new FakeMemory();
      await start(memory).unload("llama");
      expect(memory.log).toEqual([]);
    });

    it("frees a model that is still loading as soon as it is loaded and unused", async () => {
      writeModelFolder(modelsDir, "llama");
      const memory = new FakeMemory();
      const models = start(memory);
      const abort = new AbortController();
      const load = failureOf(models.acquire("llama", { signal: abort.signal }));
      await new Promise(setImmediate);
      abort.abort();
      await Promise.all([load, models.unload("llama")]);
      expect(memory.log).toEqual(["load llama", "free llama"]);
    });
  });

  it("frees what has failed, whoever still claims it, and loads it anew", async () => {
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    const models = start(memory);
    const lease = await models.acquire("llama");
    Object.assign(lease.model.generator, { health: "failed" });
    const anew = await models.acquire("llama");
    expect(memory.log).toEqual(["load llama", "free llama", "load llama"]);
    lease.release();
    anew.release();
    await use(models, "llama");
    expect(memory.loaded.size).toBe(1);
  });

  it("frees everything at the end, used or not, and takes no more", async () => {
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    const models = start(memory);
    const lease = await models.acquire("llama");
    await models.close();
    expect(memory.loaded.size).toBe(0);
    lease.release();
    expect(await failureOf(models.acquire("llama"))).toMatchObject({ code: "DRAINING" });
  });

  it("waits for no load at the end, and frees it once it is there", async () => {
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    let finishLoad = () => {};
    memory.gate = new Promise((resolve) => {
      finishLoad = resolve;
    });
    const models = start(memory);
    const abort = new AbortController();
    const load = failureOf(models.acquire("llama", { signal: abort.signal }));
    await new Promise(setImmediate);
    await models.close();
    abort.abort(new Error("the service is stopping"));
    expect((await load).message).toBe("the service is stopping");
    finishLoad();
    await expect.poll(() => memory.log).toEqual(["load llama", "free llama"]);
  });

  describe("within a memory budget", () => {
    const weights = (bytes: number) => ({ "model.onnx": graphWithData({ d: bytes }), d: new Uint8Array(bytes) });
    const budget = 3_500_000;
    beforeEach(() => {
      for (const name of ["a", "b", "c", "d"]) writeModelFolder(modelsDir, name, weights(1_000_000));
      writeModelFolder(modelsDir, "huge", weights(8_000_000));
    });

    it("frees the models whose last use is longest ago, used ones never", async () => {
      const memory = new FakeMemory();
      const models = start(memory, { memoryLimitBytes: budget });
      const lease = await models.acquire("a");
      await use(models, "b");
      await use(models, "c");
      await use(models, "b");
      await use(models, "d");
      expect([...memory.loaded].sort()).toEqual(["a", "b", "d"]);
      lease.release();
      await use(models, "c");
      expect([...memory.loaded].sort()).toEqual(["a", "c", "d"]);
    });

    it("loads nothing for one who left while the model's old weights were still in use", async () => {
      const memory = new FakeMemory();
      const models = start(memory, { memoryLimitBytes: 2_500_000 });
      await use(models, "a");
      const old = await models.acquire("b");
      const unloaded = models.unload("b");
      const abort = new AbortController();
      const leaving = failureOf(models.acquire("b", { signal: abort.signal }));
      abort.abort(new Error("hung up"));
      expect((await leaving).message).toBe("hung up");
      old.release();
      await unloaded;
      await new Promise(setImmediate);
      expect(memory.log).toEqual(["load a", "load b", "free b"]);
      expect(models.get("b").state).toBe("available");
    });

    it("begins no load at the end, though its memory has just come free", async () => {
      const memory = new FakeMemory();
      const models = start(memory, { memoryLimitBytes: 1_500_000 });
      const lease = await models.acquire("a");
      const refused = failureOf(models.acquire("b"));
      await new Promise(setImmediate);
      lease.release();
      await models.close();
      expect(await refused).toMatchObject({ code: "DRAINING" });
      await new Promise(setImmediate);
      expect(memory.log).toEqual(["load a", "free a"]);
    });

    it("counts KV caches in full, and runs fewer sequences where they would take over half", async () => {
      const MB = 1_000_000;
      const kv = { "model.onnx": graphWithData({ d: MB }, 2_000), d: new Uint8Array(MB) };
      for (const name of ["e", "f"]) writeModelFolder(modelsDir, name, kv);
      const memory = new FakeMemory();
      const models = start(memory, { memoryLimitBytes: 3 * MB, maxNumSeqs: 16, maxModelLen: 100 });
      const lease = await models.acquire("e");
      expect(lease.model.description.maxNumSeqs).toBe(7);
      const waiting = use(models, "f");
      await new Promise(setImmediate);
      expect(memory.log).toEqual(["load e"]);
      lease.release();
      await waiting;
      expect(memory.log).toEqual(["load e", "free e", "load f"]);
    });

    it("refuses a model larger than the budget, as one that waiting does not help", async () => {
      const error = await failureOf(start(new FakeMemory(), { memoryLimitBytes: budget }).acquire("huge"));
      expect(error.code).toBe("MODEL_TOO_LARGE");
      expect(error.message).toMatch(
        /^huge takes 8 MiB of weights and 0 MiB of KV cache, more than the 4 MiB for all models \(CRIA_MEMORY without CRIA_PREFIX_CACHE\)/,
      );
    });

    it("never holds more than fits, loads each once, and lets everyone through who fits", async () => {
      const names = fc.constantFrom("a", "b", "c", "d");
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ name: names, isUnload: fc.boolean() }), { maxLength: 12 }),
          async (steps) => {
            const memory = new FakeMemory();
            const models = start(memory, { memoryLimitBytes: budget });
            const outcomes = steps.map(async ({ name, isUnload }) => {
              if (isUnload) return models.unload(name);
              return use(models, name);
            });
            await Promise.all(outcomes);
            expect(memory.most).toBeLessThanOrEqual(3);
            for (const name of ["a", "b", "c", "d"]) {
              const own = memory.log.filter((line) => line.endsWith(` ${name}`));
              expect(own.every((line, i) => line.startsWith(i % 2 === 0 ? "load" : "free"))).toBe(true);
            }
            await models.close();
            expect(memory.loaded.size).toBe(0);
          },
        ),
        { numRuns: 25 },
      );
    });
  });
});
