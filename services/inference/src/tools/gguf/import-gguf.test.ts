import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readModelFolder } from "../../model-folder/model-folder.ts";
import { type GgufContent, writeGguf } from "./gguf-writer.fixture.ts";
import { importGguf } from "./import-gguf.ts";
import { type TinyLlamaOptions, tinyLlama } from "./tiny-llama.fixture.ts";

let folder: string;
let modelsDir: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cria-import-"));
  modelsDir = path.join(folder, "models");
  file = path.join(folder, "tiny.gguf");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function importBytes(bytes: Uint8Array, name = "tiny") {
  writeFileSync(file, bytes);
  return importGguf({ file, modelsDir, name });
}

const importTiny = (options: TinyLlamaOptions = {}) => importBytes(writeGguf(tinyLlama(options)));
const withMetadata = (metadata: TinyLlamaOptions["metadata"]) => importTiny({ metadata: metadata ?? {} });

function withTensor(name: string, change: Partial<GgufContent["tensors"][number]> | undefined): Uint8Array {
  const { metadata, tensors } = tinyLlama();
  const changed = tensors.flatMap((tensor) => {
    if (tensor.name !== name) return [tensor];
    return change ? [{ ...tensor, ...change }] : [];
  });
  return writeGguf({ metadata, tensors: changed });
}

describe("importGguf", () => {
  it("writes a folder the service can load", async () => {
    const imported = await importTiny();
    expect(imported).toBe(path.join(modelsDir, "tiny"));
    const { faults, manifest, weights } = readModelFolder(imported);
    expect(faults).toEqual([]);
    expect(manifest).toMatchObject({
      description: "Tiny",
      licence: "Apache-2.0",
      promptFormat: { type: "chat-template" },
    });
    expect(manifest.source).toEqual({ file: "tiny.gguf", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(weights?.maxModelLen).toBe(64);
  });

  it("tells how much is done, up to all of it", async () => {
    const seen: [number, number][] = [];
    writeFileSync(file, writeGguf(tinyLlama()));
    await importGguf({ file, modelsDir, name: "tiny", onProgress: (done, total) => seen.push([done, total]) });
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).toSorted((a, b) => a - b));
    expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
  });

  it("keeps the file's name for itself to one line", async () => {
    const imported = await withMetadata({ "general.name": "A\n\u001b[31mmodel " });
    expect(readModelFolder(imported).manifest.description).toBe("A [31mmodel");
  });

  it.each([
    ["MIT", "MIT"],
    ["cc-by-nc-4.0", "CC-BY-NC-4.0"],
    ["llama3.2", "llama3.2"],
  ])("spells a licence as SPDX does, if that knows it: %s", async (said, licence) => {
    const imported = await withMetadata({ "general.license": said });
    expect(readModelFolder(imported).manifest.licence).toBe(licence);
  });

  it("takes a model without chat template as one for completion", async () => {
    const imported = await withMetadata({ "tokenizer.chat_template": undefined });
    expect(readModelFolder(imported).manifest.promptFormat).toEqual({ type: "completion" });
  });

  it("refuses a chat template that is none", async () => {
    await expect(withMetadata({ "tokenizer.chat_template": "{% for x in %}" })).rejects.toThrow(
      /tokenizer\.chat_template cannot be read \(.+\)/,
    );
  });

  it("never overwrites a model", async () => {
    await importTiny();
    const before = readFileSync(path.join(modelsDir, "tiny", "model.onnx"));
    await expect(importTiny({ type: "F32" })).rejects.toThrow(/tiny exists; remove that model first/);
    expect(readFileSync(path.join(modelsDir, "tiny", "model.onnx"))).toEqual(before);
  });

  it("refuses a name that could leave the models' folder", async () => {
    await expect(importBytes(writeGguf(tinyLlama()), "../tiny")).rejects.toThrow(/"..\/tiny" is no model name/);
  });

  it("leaves nothing when it is stopped half-way", async () => {
    const stop = new AbortController();
    writeFileSync(file, writeGguf(tinyLlama()));
    const onProgress = () => stop.abort(new Error("stopped"));
    await expect(importGguf({ file, modelsDir, name: "tiny", onProgress, signal: stop.signal })).rejects.toThrow(
      "stopped",
    );
    expect(readdirSync(modelsDir)).toEqual([]);
  });

  it("tells a full disk in one line and leaves nothing", async () => {
    const full = Object.assign(new Error("write failed"), { code: "ENOSPC", errno: -28 });
    writeFileSync(file, writeGguf(tinyLlama()));
    const onProgress = () => {
      throw full;
    };
    await expect(importGguf({ file, modelsDir, name: "tiny", onProgress })).rejects.toThrow(/the disk .* is full/);
    expect(readdirSync(modelsDir)).toEqual([]);
  });

  it("removes what runs that were killed have left, and nothing else", async () => {
    const impossiblePid = 2 ** 30;
    for (const name of [`.importing-other-${impossiblePid}`, `.importing-other-${process.ppid}`, "other", ".hidden"]) {
      mkdirSync(path.join(modelsDir, name), { recursive: true });
    }
    await importTiny();
    const left = readdirSync(modelsDir).sort();
    expect(left).toEqual([".hidden", `.importing-other-${process.ppid}`, "other", "tiny"]);
  });

  it("lets one of two imports of a name win", async () => {
    writeFileSync(file, writeGguf(tinyLlama()));
    const both = await Promise.allSettled([1, 2].map(() => importGguf({ file, modelsDir, name: "tiny" })));
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(readModelFolder(path.join(modelsDir, "tiny")).faults).toEqual([]);
    expect(readdirSync(modelsDir)).toEqual(["tiny"]);
  });
});

describe("importGguf refuses", () => {
  afterEach(() => {
    expect(existsSync(modelsDir) ? readdirSync(modelsDir) : []).toEqual([]);
  });

  it.each([
    ["general.architecture", "mamba", /the architecture is mamba; supported is llama/],
    ["llama.block_count", undefined, /llama.block_count is missing/],
    ["llama.block_count", 3, /tensor blk.2.attn_norm.weight is missing/],
    ["llama.block_count", 1, /9 tensors are not part of a LLaMA decoder as we know it: blk.1/],
    ["llama.block_count", 4_000_000_000, /llama.block_count is 4000000000; it must be a whole number from 1 to 1024/],
    ["llama.embedding_length", 128, /rope.dimension_count is 32; supported is the size of a head, 64/],
    ["llama.feed_forward_length", 97, /blk.0.ffn_gate.weight is 96 by 64; the metadata asks for 97 by 64/],
    ["llama.attention.head_count_kv", 3, /2 attention heads cannot share 3/],
    ["llama.context_length", { float: 1.5 }, /llama.context_length is 1.5/],
    ["llama.context_length", "long", /llama.context_length is not a number/],
    ["llama.expert_count", 8, /llama.expert_count is 8; that is not supported/],
    ["llama.rope.scaling.type", "yarn", /rotary scaling yarn is not supported; supported are none, linear/],
    ["tokenizer.ggml.model", "llama", /the tokenizer is "llama"; supported is "gpt2"/],
    ["tokenizer.ggml.model", undefined, /the tokenizer is missing/],
    ["tokenizer.ggml.pre", "tekken", /the pre-tokenizer is "tekken"; supported are gpt-2, llama-bpe/],
    ["tokenizer.ggml.pre", "constructor", /the pre-tokenizer is "constructor"/],
    ["tokenizer.ggml.pre", undefined, /the pre-tokenizer is not named/],
    ["tokenizer.ggml.merges", ["t h", "q zz"], /merges has "q zz", which is not two tokens/],
    ["tokenizer.ggml.tokens", ["a", "b", "a"], /names a token twice/],
    ["tokenizer.ggml.eos_token_id", 1_000_000, /eos_token_id is 1000000; there are 264 tokens/],
  ])("%s of %j", async (key, value, message) => {
    await expect(withMetadata({ [key]: value })).rejects.toThrow(message);
  });

  it("a block type it does not know, by name", async () => {
    await expect(importBytes(withTensor("blk.0.attn_q.weight", { type: 12 }))).rejects.toThrow(
      /tensor blk.0.attn_q.weight is stored as Q4_K; supported are F32, F16, Q4_0, Q4_1, Q8_0/,
    );
    await expect(importBytes(withTensor("blk.0.attn_q.weight", { type: 99 }))).rejects.toThrow(/stored as type 99/);
  });

  it("a file with a tensor missing, too many, or of another shape", async () => {
    await expect(importBytes(withTensor("blk.1.ffn_up.weight", undefined))).rejects.toThrow(/ffn_up.weight is missing/);
    await expect(importBytes(withTensor("output_norm.weight", { name: "output_norm.bias" }))).rejects.toThrow(
      /output_norm.weight is missing/,
    );
    await expect(importBytes(withTensor("output_norm.weight", { shape: [33] }))).rejects.toThrow(/1 by 33/);
    await expect(importBytes(withTensor("blk.0.attn_q.weight", { shape: [63, 64] }))).rejects.toThrow(
      /has the shape \[63, 64\]; that cannot be/,
    );
  });

  it("a file that is no GGUF", async () => {
    await expect(importBytes(Buffer.from("PK\u0003\u0004 a zip file"))).rejects.toThrow(/is not a GGUF file/);
    await expect(importBytes(Buffer.alloc(0))).rejects.toThrow(/the file is empty/);
    const none = path.join(folder, "none");
    await expect(importGguf({ file: none, modelsDir, name: "tiny" })).rejects.toThrow(`${none}: there is no such file`);
    await expect(importGguf({ file: folder, modelsDir, name: "tiny" })).rejects.toThrow(/not a file/);
  });

  it("a version it does not know", async () => {
    const bytes = writeGguf(tinyLlama());
    bytes.writeUInt32LE(1, 4);
    await expect(importBytes(bytes)).rejects.toThrow(/has GGUF version 1; supported are 2 and 3/);
  });

  it("offsets after the end of the file", async () => {
    await expect(importBytes(withTensor("blk.1.ffn_up.weight", { offset: 2 ** 40 }))).rejects.toThrow(
      /cut short at \d+ bytes: tensor blk.1.ffn_up.weight ends at byte 10995/,
    );
    await expect(importBytes(withTensor("blk.1.ffn_up.weight", { shape: [64, 2 ** 32] }))).rejects.toThrow(/cut short/);
  });

  it("tensors that overlap, are not aligned, or are there twice", async () => {
    await expect(importBytes(withTensor("blk.1.ffn_up.weight", { offset: 0 }))).rejects.toThrow(
      /tensors token_embd.weight and blk.1.ffn_up.weight overlap/,
    );
    await expect(importBytes(withTensor("blk.1.ffn_up.weight", { offset: 7 }))).rejects.toThrow(
      /blk.1.ffn_up.weight begins at byte \d+, which is not aligned to 32/,
    );
    await expect(importBytes(withTensor("blk.1.ffn_up.weight", { name: "blk.0.ffn_up.weight" }))).rejects.toThrow(
      /tensor blk.0.ffn_up.weight is there twice/,
    );
    await expect(withMetadata({ "general.alignment": 3 })).rejects.toThrow(/alignment is 3; it must be a power of two/);
  });

  it("a text that is longer than any, at once", async () => {
    const bytes = writeGguf(tinyLlama());
    const key = "general.architecture";
    bytes.writeBigUInt64LE(2n ** 60n, bytes.indexOf(key) + key.length + 4);
    await expect(importBytes(bytes)).rejects.toThrow(/the header cannot be read \(String length 1152921504606846976/);
  });

  it("in one line that begins with the file, whatever that holds", async () => {
    const text = "a\n\u001b[31mb".repeat(1_000);
    await expect(withMetadata({ "general.architecture": text })).rejects.toThrow(
      /^\S+tiny\.gguf: the architecture is a \[31mb\P{Cc}{1,999}$/u,
    );
  });

  it.each([
    ["tensors", 8, 2n ** 63n],
    ["tensors", 8, 5_000_000n],
    ["metadata entries", 16, 2n ** 64n - 1n],
    ["metadata entries", 16, 90_000n],
  ])("a header that promises too many %s, at once", async (what, position, count) => {
    const bytes = writeGguf(tinyLlama());
    bytes.writeBigUInt64LE(count, position);
    await expect(importBytes(bytes)).rejects.toThrow(`the header promises ${count} ${what}`);
  });

  it("a file cut anywhere", async () => {
    const whole = writeGguf(tinyLlama());
    const lengths = fc.integer({ min: 0, max: whole.length - 33 });
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        await expect(importBytes(whole.subarray(0, length))).rejects.toMatchObject({
          name: "ImportError",
          message: expect.stringContaining(`${file}: `),
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe("a GGUF file with a damaged header", () => {
  it("is imported or refused by an ImportError, and soon", async () => {
    const whole = writeGguf(tinyLlama());
    const headerEnd = whole.indexOf("ffn_down.weight");
    const damage = fc.array(fc.tuple(fc.integer({ min: 4, max: headerEnd }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [position, byte] of changes) bytes[position] = byte;
        rmSync(modelsDir, { recursive: true, force: true });
        const outcome = await importBytes(bytes).catch((error: Error) => error);
        if (typeof outcome === "string") expect(statSync(outcome).isDirectory()).toBe(true);
        else expect(outcome.name).toBe("ImportError");
      }),
      { numRuns: 80 },
    );
  });
});
