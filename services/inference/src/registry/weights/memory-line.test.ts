import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { graphWithData, writeModelFolder } from "../../model-folder/model-folder.fixture.ts";
import { registryOverFolders } from "../registry-over-folders.fixture.ts";
import { FakeMemory, failureOf, use } from "./fake-memory.fixture.ts";

const { modelsDir, start, clean } = registryOverFolders();
afterEach(async () => {
  await clean();
  vi.useRealTimers();
});

describe("models that wait for memory", () => {
  const weights = { "model.onnx": graphWithData({ d: 1_000_000 }), d: new Uint8Array(1_000_000) };
  beforeEach(() => {
    for (const name of ["a", "b", "c", "d"]) writeModelFolder(modelsDir, name, weights);
  });

  it("lets what does not fit wait for models in use, and refuses it after a minute, with the numbers", async () => {
    const memory = new FakeMemory();
    const models = start(memory, { memoryLimitBytes: 2_500_000 });
    const leases = [await models.acquire("a"), await models.acquire("b")];
    vi.useFakeTimers();
    const refused = failureOf(models.acquire("c"));
    await vi.advanceTimersByTimeAsync(59_999);
    expect(models.get("c").state).toBe("loading");
    await vi.advanceTimersByTimeAsync(1);
    const error = await refused;
    expect(error).toMatchObject({ code: "OUT_OF_MEMORY_BUDGET", details: { retryDelayMs: 5_000 } });
    expect(error.message).toMatch(
      /^c takes 1 MiB of weights and 0 MiB of KV cache; models in use hold 2 MiB of 3 MiB \(CRIA_MEMORY without CRIA_PREFIX_CACHE\) and were not idle within 60 s/,
    );
    expect(models.get("c").state).toBe("available");
    vi.useRealTimers();
    await use(models, "a");
    leases[0]!.release();
    await use(models, "c");
    expect(memory.log).toEqual(["load a", "load b", "free a", "load c"]);
  });

  it("gives each model its turn, however busy another is", async () => {
    const memory = new FakeMemory();
    const models = start(memory, { memoryLimitBytes: 1_500_000 });
    let isAnswered = false;
    const busy = Array.from({ length: 4 }, async () => {
      while (!isAnswered) {
        const { release } = await models.acquire("a");
        await new Promise(setImmediate);
        // The next one asks before the last one has let go.
        setImmediate(release);
      }
    });
    await expect.poll(() => memory.log).toEqual(["load a"]);
    await use(models, "b");
    await use(models, "c");
    isAnswered = true;
    await Promise.all(busy);
    expect(memory.log.slice(0, 5)).toEqual(["load a", "free a", "load b", "free b", "load a"]);
    expect(memory.log).toContain("load c");
  });

  it("closes a model once for a use that outlasts the wait, and again when that use is over", async () => {
    const memory = new FakeMemory();
    const models = start(memory, { memoryLimitBytes: 1_500_000 });
    vi.useFakeTimers();
    const long = await models.acquire("a");
    const refused = failureOf(models.acquire("b"));
    await vi.advanceTimersByTimeAsync(0);
    const closed = models.acquire("a");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await refused).toMatchObject({ code: "OUT_OF_MEMORY_BUDGET" });
    const short = await closed;
    const again = use(models, "b");
    await vi.advanceTimersByTimeAsync(0);
    const open = use(models, "a").then(() => "open");
    expect(await Promise.race([open, vi.advanceTimersByTimeAsync(1)])).toBe("open");
    long.release();
    const later = use(models, "a");
    await vi.advanceTimersByTimeAsync(1);
    short.release();
    await Promise.all([again, later]);
    expect(memory.log).toEqual(["load a", "free a", "load b", "free b", "load a"]);
  });

  it("lets in those who waited for one who gave up, without a load", async () => {
    const memory = new FakeMemory();
    const models = start(memory, { memoryLimitBytes: 1_500_000 });
    const { release } = await models.acquire("a");
    const abort = new AbortController();
    const leaving = failureOf(models.acquire("b", { signal: abort.signal }));
    await new Promise(setImmediate);
    const waiting = models.acquire("a");
    const hungUp = failureOf(models.acquire("a", { signal: abort.signal }));
    await new Promise(setImmediate);
    abort.abort(new Error("hung up"));
    expect([await leaving, await hungUp].map(({ message }) => message)).toEqual(["hung up", "hung up"]);
    (await waiting).release();
    release();
    await use(models, "a");
    await use(models, "b");
    expect(memory.log).toEqual(["load a", "free a", "load b"]);
  });

  it("serves those who wait for memory in the order they came", async () => {
    const memory = new FakeMemory();
    const models = start(memory, { memoryLimitBytes: 1_500_000 });
    const { release } = await models.acquire("a");
    const all = ["b", "c", "d"].map((name) => use(models, name));
    await new Promise(setImmediate);
    release();
    await Promise.all([...all, use(models, "b")]);
    const loads = memory.log.filter((line) => line.startsWith("load"));
    expect(loads.slice(0, 4)).toEqual(["load a", "load b", "load c", "load d"]);
  });

  it("lets nobody wait for memory when it closes", async () => {
    const models = start(new FakeMemory(), { memoryLimitBytes: 1_500_000 });
    await models.acquire("a");
    const all = [failureOf(models.acquire("b"))];
    await new Promise(setImmediate);
    all.push(failureOf(models.acquire("a")));
    await models.close();
    expect(await Promise.all(all)).toEqual(Array(2).fill(expect.objectContaining({ code: "DRAINING" })));
  });
});
