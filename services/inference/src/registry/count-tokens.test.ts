import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { TINY_TOKENIZER, writeFiles, writeModelFolder } from "../model-folder/model-folder.fixture.ts";
import { registryOverFolders } from "./registry-over-folders.fixture.ts";
import { FakeMemory, failureOf } from "./weights/fake-memory.fixture.ts";

const { modelsDir, start, clean } = registryOverFolders();
afterEach(async () => {
  await clean();
  vi.useRealTimers();
});

describe("counting tokens", () => {
  it("counts tokens without loading weights", async () => {
    writeModelFolder(modelsDir, "llama");
    const memory = new FakeMemory();
    const models = start(memory);
    const segments = ["hi", "you"].map((text) => ({ text, droppable: false, literal: true }));
    expect(await models.countTokens("llama", segments)).toEqual({ segmentTokens: [2, 3], totalTokens: 5 });
    expect(models.get("llama").state).toBe("available");
    expect(memory.log).toEqual([]);
  });

  it("tells what is wrong with a tokenizer in a count as in a load", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    writeModelFolder(modelsDir, "llama", { "tokenizer.json": { ...TINY_TOKENIZER, model: { type: "Unigram" } } });
    const models = start(new FakeMemory());
    const segments = [{ text: "hi", droppable: false, literal: true }];
    const error = await failureOf(models.countTokens("llama", segments));
    expect(error).toMatchObject({
      code: "MODEL_BROKEN",
      message: expect.stringContaining('model "llama" cannot be loaded'),
    });
    expect(models.get("llama").state).toBe("broken");
    writeModelFolder(modelsDir, "llama");
    vi.advanceTimersByTime(1_000);
    expect(await models.countTokens("llama", segments)).toMatchObject({ totalTokens: 2 });
  });

  it("counts with a loaded model's own tokenizer, though others were used since", async () => {
    const names = ["llama", "b", "c", "d", "e"];
    for (const name of names) writeModelFolder(modelsDir, name);
    const models = start(new FakeMemory());
    const segments = [{ text: "hi", droppable: false, literal: true }];
    const lease = await models.acquire("llama");
    for (const name of names.slice(1)) await models.countTokens(name, segments);
    writeFiles(join(modelsDir, "llama"), { "tokenizer.json": "unread" });
    expect(await models.countTokens("llama", segments)).toMatchObject({ totalTokens: 2 });
    lease.release();
  });

  it("frees the places of those who hang up", async () => {
    writeModelFolder(modelsDir, "llama");
    const models = start(new FakeMemory());
    const hangUp = new AbortController();
    const endless = [{ text: "x".repeat(10_000), droppable: false, literal: true }];
    const counts = Array.from({ length: 64 }, () => models.countTokens("llama", endless, hangUp.signal));
    hangUp.abort(new Error("hung up"));
    const outcomes = await Promise.allSettled(counts);
    expect(outcomes).toEqual(Array(64).fill({ status: "rejected", reason: new Error("hung up") }));
    expect(await models.countTokens("llama", endless)).toMatchObject({ totalTokens: 10_000 });
  });

  it("refuses counts beyond those that may wait", async () => {
    writeModelFolder(modelsDir, "llama");
    const models = start(new FakeMemory());
    const count = () => models.countTokens("llama", [{ text: "x".repeat(10_000), droppable: false, literal: true }]);
    const outcomes = await Promise.allSettled(Array.from({ length: 70 }, count));
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused).toEqual(
      Array(6).fill({ status: "rejected", reason: expect.objectContaining({ code: "QUEUE_FULL" }) }),
    );
    expect(refused[0]).toMatchObject({
      reason: { message: expect.stringMatching(/^64 counts of tokens/), details: { retryDelayMs: 1_000 } },
    });
  });
});
