import { rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { InferenceError } from "../errors.ts";
import { createGate } from "../gate.fixture.ts";
import { TINY_TOKENIZER, writeFiles, writeModelFolder } from "../model-folder/model-folder.fixture.ts";
import { registryOverFolders } from "./registry-over-folders.fixture.ts";
import { FakeMemory, failureOf, use } from "./weights/fake-memory.fixture.ts";

const { modelsDir, start, clean } = registryOverFolders();
afterEach(async () => {
  await clean();
  vi.useRealTimers();
});

describe("createModelRegistry", () => {
  it("lists models by name, broken ones with the reason, folders without a manifest not at all", () => {
    writeModelFolder(modelsDir, "llama", { "cria.json": { description: "A llama" } });
    writeModelFolder(modelsDir, "alpaca", { "tokenizer.json": undefined });
    writeModelFolder(modelsDir, "notes", { "cria.json": undefined });
    writeFiles(modelsDir, { "README.md": "Models" });
    const models = start(new FakeMemory()).list();
    expect(models.map(({ name, state, error, isDefault }) => ({ name, state, error, isDefault }))).toEqual([
      { name: "alpaca", state: "broken", error: "tokenizer.json is missing", isDefault: false },
      { name: "llama", state: "available", error: undefined, isDefault: true },
    ]);
  });

  it("takes the first model that works for the default where the one named does not exist", () => {
    writeModelFolder(modelsDir, "alpaca", { "tokenizer.json": undefined });
    writeModelFolder(modelsDir, "bear");
    writeModelFolder(modelsDir, "cow");
    const models = start(new FakeMemory(), { defaultModel: "nope" });
    expect(models.list().filter(({ isDefault }) => isDefault)).toMatchObject([{ name: "bear" }]);
    rmSync(join(modelsDir, "bear"), { recursive: true });
    rmSync(join(modelsDir, "cow"), { recursive: true });
    const broken = start(new FakeMemory(), { defaultModel: "nope" });
    expect(broken.list()).toMatchObject([{ name: "alpaca", isDefault: false }]);
  });

  it("lists nothing where there is no models folder", () => {
    expect(start(new FakeMemory(), { modelsDir: join(modelsDir, "none") }).list()).toEqual([]);
  });

  it("loads on first use and tells the loaded model's device and memory", async () => {
    writeModelFolder(modelsDir, "llama");
    const models = start(new FakeMemory(), { maxModelLen: 100 });
    const lease = await models.acquire("llama");
    expect(lease.model.description).toMatchObject({
      state: "loaded",
      device: "cpu",
      memoryBytes: 5000,
      maxModelLen: 100,
    });
    expect(models.loads().map(({ description }) => description.name)).toEqual(["llama"]);
    lease.release();
    expect((await models.acquire("llama")).loadTimeMs).toBe(0);
  });

  it("tells how many wait for a model, also while it loads and nothing is asked of its generator yet", async () => {
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    const { opened, open } = createGate();
    memory.gate = opened;
    const models = start(memory);
    expect(models.loads()).toEqual([]);
    const leases = ["a", "a", "b"].map((tenant) =>
      models.acquire("llama", { request: { tenant, priority: 0, bytes: 1 } }),
    );
    const most = { running: 0, maxNumSeqs: 4, maxWaiting: 8 };
    expect(models.loads()).toMatchObject([
      { description: { name: "llama", device: "" }, load: { ...most, waiting: 3, waitingTenants: 2 } },
    ]);
    open();
    const [first, second, third] = await Promise.all(leases);
    first!.admit();
    second!.release();
    expect(models.loads()).toMatchObject([{ description: { device: "cpu" }, load: { waiting: 1, waitingTenants: 1 } }]);
    third!.admit();
    expect(models.loads()).toMatchObject([{ load: { waiting: 0, waitingTenants: 0 } }]);
  });

  it("lets no more than 64 wait for loads", async () => {
    writeModelFolder(modelsDir, "llama");
    const models = start(new FakeMemory());
    const leases = await Promise.all(Array.from({ length: 64 }, () => models.acquire("llama")));
    expect(await failureOf(models.acquire("llama"))).toMatchObject({
      code: "QUEUE_FULL",
      message: "64 calls that load models wait, and no more may. Try again later",
      details: { retryDelayMs: 5_000 },
    });
    leases[0]!.release();
    leases[0]!.release();
    leases[0] = await models.acquire("llama");
    expect(await failureOf(models.acquire("llama"))).toMatchObject({ code: "QUEUE_FULL" });
    const request = { tenant: "", priority: 0, bytes: 1 };
    (await models.acquire("llama", { request })).release();
    for (const { release } of leases) release();
    await use(models, "llama");
  });

  it("loads once however many ask at once, and tells each of them the bytes read", async () => {
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    const models = start(memory);
    const progress: number[][] = [[], []];
    const loads = progress.map((told) => models.acquire("llama", { onProgress: (bytes) => told.push(bytes) }));
    expect(models.get("llama").state).toBe("loading");
    await Promise.all([...loads, models.acquire("llama")]);
    expect(memory.log).toEqual(["load llama"]);
    for (const told of progress) expect(told.at(-1)).toBe(models.get("llama").weightBytes);
  });

  it("gives nothing to one who leaves as the wait for the load begins", async () => {
    writeModelFolder(modelsDir, "llama");
    const models = start(new FakeMemory());
    const abort = new AbortController();
    const onProgress = () => abort.abort(new Error("hung up"));
    await expect(models.acquire("llama", { signal: abort.signal, onProgress })).rejects.toThrow("hung up");
  });

  it("lets one who waits leave without ending the load of the others", async () => {
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    const models = start(memory);
    const abort = new AbortController();
    const leaving = models.acquire("llama", { signal: abort.signal });
    const staying = models.acquire("llama");
    abort.abort(new Error("hung up"));
    await expect(leaving).rejects.toThrow("hung up");
    expect((await staying).model.description.state).toBe("loaded");
    expect(memory.log).toEqual(["load llama"]);
  });

  it("shares a base's weights and generator with its variants", async () => {
    writeModelFolder(modelsDir, "llama", { "cria.json": { sampling: { topK: 5 }, stop: ["x"], licence: "MIT" } });
    const variant = { base: "llama", sampling: { temperature: 0 }, promptFormat: { type: "alpaca" }, maxModelLen: 64 };
    writeFiles(join(modelsDir, "alpaca"), { "cria.json": variant });
    const memory = new FakeMemory();
    const models = start(memory);
    const [base, other] = await Promise.all([models.acquire("llama"), models.acquire("alpaca")]);
    expect(other.model.generator).toBe(base.model.generator);
    expect(memory.log).toEqual(["load llama"]);
    expect(other.model.description).toMatchObject({
      base: "llama",
      licence: "MIT",
      stop: ["x"],
      maxModelLen: 64,
      memoryBytes: 0,
      promptFormat: { type: "alpaca", responseSuffix: "" },
      sampling: { temperature: 0, topK: 5, topP: 0.95 },
    });
    expect(other.model.description.revision).not.toBe(base.model.description.revision);
    expect(models.loads()).toHaveLength(1);
  });

  it("names the nearest models that work when one is unknown, and no others", async () => {
    for (const name of ["llama", "llama-chat", "guanaco"]) writeModelFolder(modelsDir, name);
    const error = await failureOf(start(new FakeMemory()).acquire("lama"));
    expect(error).toMatchObject({ code: "MODEL_NOT_FOUND", details: { metadata: { nearest: "llama,llama-chat" } } });
    expect(error.message).toBe('model "lama" does not exist; nearest: llama, llama-chat');
    writeModelFolder(modelsDir, "lamb", { "tokenizer.json": undefined });
    const models = start(new FakeMemory());
    expect((await failureOf(models.acquire("lama"))).message).not.toContain("lamb");
    expect((await failureOf(models.acquire("nope"))).message).toMatch(/does not exist; none has a name like it$/);
  });

  it("finds folders that came, changed or went since", async () => {
    vi.useFakeTimers();
    const models = start(new FakeMemory());
    writeModelFolder(modelsDir, "llama");
    expect(models.get("llama").description).toBe("");
    writeModelFolder(modelsDir, "llama", { "cria.json": { description: "Changed" } });
    vi.advanceTimersByTime(1_000);
    expect(models.get("llama").description).toBe("Changed");
    rmSync(join(modelsDir, "llama"), { recursive: true });
    vi.advanceTimersByTime(1_000);
    expect(models.list()).toEqual([]);
  });

  it("replaces weights whose files changed, once nobody uses the old", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    const models = start(memory);
    const old = await models.acquire("llama");
    utimesSync(join(modelsDir, "llama", "model.data"), 1, 1);
    vi.advanceTimersByTime(1_000);
    const renewed = models.acquire("llama");
    expect(memory.log).toEqual(["load llama"]);
    old.release();
    await renewed;
    expect(memory.log).toEqual(["load llama", "free llama", "load llama"]);
  });

  it("counts those who wait on, though the manifest is edited over the same weights, or cannot be read for a moment", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    writeModelFolder(modelsDir, "llama");
    const models = start(new FakeMemory(), { maxNumSeqs: 1, maxWaiting: 1 });
    const ask = () => models.acquire("llama", { request: { tenant: "", priority: 0, bytes: 1 } });
    const leases = [await ask(), await ask()];
    for (const manifest of [{ description: "edited" }, "half wri", { description: "edited again" }]) {
      writeFiles(join(modelsDir, "llama"), { "cria.json": manifest });
      vi.advanceTimersByTime(1_000);
      const isBroken = models.get("llama").state === "broken";
      expect(await failureOf(ask())).toMatchObject({ code: isBroken ? "MODEL_BROKEN" : "QUEUE_FULL" });
    }
    for (const lease of leases) lease.release();
  });

  it("keeps a model that failed to load broken until its own folder changes", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    memory.failure = new InferenceError("MODEL_BROKEN", "no such operator");
    const models = start(memory);
    const error = await failureOf(models.acquire("llama"));
    expect(error).toMatchObject({ code: "MODEL_BROKEN", message: 'model "llama" cannot be loaded: no such operator' });
    expect(models.get("llama")).toMatchObject({ state: "broken", error: "no such operator" });
    memory.failure = undefined;
    writeModelFolder(modelsDir, "another");
    vi.advanceTimersByTime(1_000);
    expect(models.list().map(({ state }) => state)).toEqual(["available", "broken"]);
    expect(await failureOf(models.acquire("llama"))).toMatchObject({ code: "MODEL_BROKEN" });
    writeModelFolder(modelsDir, "llama", { "cria.json": { description: "Repaired" } });
    vi.advanceTimersByTime(1_000);
    await use(models, "llama");
    expect(models.get("llama").state).toBe("loaded");
  });

  it("tries a load that failed again after a minute: it may have been the device's fault", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    memory.failure = new InferenceError("MODEL_BROKEN", "the device hung");
    const models = start(memory);
    await failureOf(models.acquire("llama"));
    memory.failure = undefined;
    vi.advanceTimersByTime(59_999);
    expect(await failureOf(models.acquire("llama"))).toMatchObject({ code: "MODEL_BROKEN" });
    vi.advanceTimersByTime(1);
    expect(models.get("llama").state).toBe("broken");
    await use(models, "llama");
    expect(models.get("llama")).toMatchObject({ state: "loaded", error: undefined });
  });

  it("tries again at the next request when the machine failed, not the model", async () => {
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    memory.failure = Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" });
    const models = start(memory);
    const error = await failureOf(models.acquire("llama"));
    expect(error.message).toBe('model "llama" cannot be loaded: EMFILE: too many open files');
    expect(models.get("llama").state).toBe("available");
    memory.failure = undefined;
    await use(models, "llama");
    expect(models.get("llama").state).toBe("loaded");
  });

  it.each([
    "ONNX Runtime cannot run it: std::bad_alloc (FAIL)",
    "CUDA failure 2: out of memory",
    "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED",
    "Failed to allocate memory for requested buffer of size 1024",
    "vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY",
    "DXGI: E_OUTOFMEMORY Not enough memory resources are available",
  ])("tries again later when there was no memory for the model: %s", async (message) => {
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    memory.failure = new InferenceError("MODEL_BROKEN", message);
    const models = start(memory);
    const error = await failureOf(models.acquire("llama"));
    expect(error).toMatchObject({ code: "OUT_OF_MEMORY_BUDGET", details: { retryDelayMs: 30_000 } });
    expect(error.message).toMatch(/^the machine or its device has no memory left for llama and its KV cache/);
    expect(models.get("llama").state).toBe("available");
    memory.failure = undefined;
    await use(models, "llama");
  });

  it("refuses a tokenizer with more tokens than the graph", async () => {
    const added_tokens = [{ id: 300, content: "<|end|>", special: true }];
    const tokenizer = { ...TINY_TOKENIZER, added_tokens };
    writeModelFolder(modelsDir, "llama", { "tokenizer.json": tokenizer });
    const error = await failureOf(start(new FakeMemory()).acquire("llama"));
    expect(error.message).toContain("tokenizer.json has 301 tokens, the graph 257");
  });
});
