import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { PlanRow } from "../engine/step-plan.ts";
import type { InferenceErrorCode } from "../errors.ts";
import { DeviceMutex } from "./device-mutex.ts";
import { loadOnnxModelRunner, type OnnxModelRunnerOptions } from "./onnx-model-runner.ts";
import { TINY_LAYOUTS, TINY_MAX_MODEL_LEN, TINY_VOCAB_SIZE, tinyFile } from "./stock-decoder.fixture.ts";

describe("OnnxModelRunner", () => {
  const load = (overrides: Partial<OnnxModelRunnerOptions> = {}) =>
    loadOnnxModelRunner({
      graphFile: tinyFile("own"),
      maxNumSeqs: 2,
      maxModelLen: TINY_MAX_MODEL_LEN,
      device: "cpu",
      ...overrides,
    });
  const failure = (code: InferenceErrorCode, message: RegExp) =>
    expect.objectContaining({ name: "InferenceError", code, message: expect.stringMatching(message) });
  const chunk = { row: 0, numComputedTokens: 0, tokenIds: [1, 2, 3], numLogits: 1 };
  const prompt = { moves: [], rows: [chunk] };

  it("says what it is: columns, rows, positions, device, bytes of weights and KV cache", async () => {
    const runner = await load();
    const kvBytes = 2 * 2 * (2 * 2 * TINY_MAX_MODEL_LEN * 16) * 4; // layers, key and value, rows x heads x positions x width, float32
    expect(runner).toMatchObject({ vocabSize: 80, maxNumSeqs: 2, maxModelLen: TINY_MAX_MODEL_LEN, device: "cpu" });
    expect(runner.memoryBytes).toBe(statSync(tinyFile("own")).size + kvBytes);
    await runner.close();
  });

  it("leaves the event loop free during a pass", async () => {
    const runner = await load();
    let isDone = false;
    let turns = 0;
    const turn = () => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    for (let pass = 0; pass < 50; pass++) await runner.run(prompt); // run synchronously, these are 50 microtasks and no turn
    isDone = true;
    expect(turns).toBeGreaterThan(0);
    await runner.close();
  });

  it("refuses to run or close during a pass, and closes after it", async () => {
    const runner = await load();
    const pass = runner.run(prompt);
    await expect(runner.close()).rejects.toThrow("close() during a pass");
    await expect(runner.run(prompt)).rejects.toThrow("run() during a pass");
    await pass;
    await runner.close();
  });

  it("gives up a pass that waits for another model's load, and closes once that is over", async () => {
    const mutex = new DeviceMutex();
    const runner = await load({ mutex });
    let endLoad = () => {};
    const isLoading = new Promise<void>((resolve) => {
      endLoad = resolve;
    });
    const loaded = mutex.runExclusive(() => isLoading);
    const leaving = new AbortController();
    const pass = runner.run(prompt, { signal: leaving.signal });
    leaving.abort(new Error("unloaded"));
    await expect(pass).rejects.toThrow("unloaded");
    const closed = runner.close();
    endLoad();
    await Promise.all([loaded, closed]);
  });

  it("says that a pass begins once what it copies is in place", async () => {
    const runner = await load();
    const onStart = vi.fn();
    const loads = [{ row: 0, start: 0, length: 3, key: "nowhere" }]; // it has no blocks, so the copy fails
    await expect(runner.run({ ...prompt, loads }, { onStart })).rejects.toThrow();
    expect(onStart).not.toHaveBeenCalled();
    await runner.run(prompt, { onStart });
    expect(onStart).toHaveBeenCalledOnce();
    await runner.close();
  });

  it("can be loaded again and again", async () => {
    for (let i = 0; i < 5; i++) {
      const runner = await load();
      expect(await runner.run(prompt)).toHaveLength(TINY_VOCAB_SIZE);
      await runner.close();
    }
  });

  it("refuses a plan beyond its rows or positions before ONNX Runtime writes past them", async () => {
    const runner = await load();
    const run = (row: Partial<PlanRow>) => runner.run({ moves: [], rows: [{ ...chunk, ...row }] });
    await expect(run({ row: 2 })).rejects.toThrow("row 2; there are 2");
    await expect(run({ numComputedTokens: TINY_MAX_MODEL_LEN - 2 })).rejects.toThrow("65 positions; maxModelLen is 64");
    await expect(run({ numLogits: 4 })).rejects.toThrow("row 0 wants 4 logits; it may have 3");
    await expect(runner.run({ moves: [], rows: [chunk, { ...chunk, row: 1 }] })).rejects.toThrow("has 3 new tokens");
    const move = { ...prompt, moves: [{ from: 2, to: 0, length: 3 }] };
    await expect(runner.run(move)).rejects.toThrow("row 2; there are 2");
    await runner.close();
  });

  it("says which file is missing, cut short or no ONNX", async () => {
    await expect(load({ graphFile: "/nowhere/model.onnx" })).rejects.toEqual(failure("MODEL_BROKEN", /nowhere/));
    const folder = mkdtempSync(path.join(tmpdir(), "cria-runner-"));
    const graphFile = path.join(folder, "model.onnx");
    for (const bytes of [readFileSync(tinyFile("own")).subarray(0, 20_000), Buffer.from("{}"), Buffer.alloc(0)]) {
      writeFileSync(graphFile, bytes);
      await expect(load({ graphFile })).rejects.toEqual(failure("MODEL_BROKEN", /model\.onnx/));
    }
    rmSync(folder, { recursive: true });
  });

  it("refuses a graph whose attention cannot update the KV cache in place", async () => {
    await expect(load({ graphFile: tinyFile("no-gqa") })).rejects.toEqual(
      failure("MODEL_BROKEN", /no-gqa\.onnx has no GroupQueryAttention/),
    );
  });

  it("refuses an input of another type, by name", async () => {
    await expect(load({ graphFile: tinyFile("int32-ids") })).rejects.toEqual(
      failure("MODEL_BROKEN", /"input_ids" of ONNX element type 6; it must be int64/),
    );
  });

  it("says what a graph has where it lacks a name", async () => {
    await expect(load({ graphFile: tinyFile("genai") })).rejects.toEqual(
      failure("MODEL_BROKEN", /"past_key_values.0.key"; it has .*past_key_0/),
    );
  });

  it.each(TINY_LAYOUTS)("refuses more positions than the rotary cache of the $name layout has", async (layout) => {
    await expect(load({ ...layout, maxModelLen: TINY_MAX_MODEL_LEN + 1 })).rejects.toEqual(
      failure("MODEL_BROKEN", /cannot run .* with maxModelLen 65/),
    );
  });

  it("refuses an unknown device and says which there are", async () => {
    await expect(load({ device: "tpu:0" })).rejects.toEqual(
      failure("INVALID_ARGUMENT", /device "tpu:0" is not available: .* offers cpu/),
    );
  });
});
