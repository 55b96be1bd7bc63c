import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelProto } from "../tools/onnx/gen/onnx.ts";
import { graphWithData, writeFiles, writeModelFolder } from "./model-folder.fixture.ts";
import { readModelFolder } from "./model-folder.ts";

let modelsDir: string;
beforeEach(() => {
  modelsDir = mkdtempSync(join(tmpdir(), "cria-folder-"));
});
afterEach(() => rmSync(modelsDir, { recursive: true }));

const faultsOf = (files: Record<string, unknown>, name = "llama") =>
  readModelFolder(writeModelFolder(modelsDir, name, files)).faults;

describe("readModelFolder", () => {
  it("reads our own layout: graph, weights files, context from config.json", () => {
    const folder = writeModelFolder(modelsDir, "llama", {
      "model.onnx": graphWithData({ "model-1.data": 600, "model-2.data": 400 }),
      "model-1.data": new Uint8Array(600),
      "model-2.data": new Uint8Array(500),
    });
    const { weights, faults } = readModelFolder(folder);
    expect(faults).toEqual([]);
    expect(weights).toMatchObject({
      layout: "cria",
      file: join(folder, "model.onnx"),
      names: undefined,
      maxModelLen: 128,
    });
    expect(weights!.files.map(({ path }) => path)).toEqual(
      ["model.onnx", "model-1.data", "model-2.data"].map((name) => join(folder, name)),
    );
    expect(weights!.weightBytes).toBe(weights!.files[0]!.bytes + 1100);
  });

  it("cuts the context to the manifest's", () => {
    const { weights } = readModelFolder(writeModelFolder(modelsDir, "llama", { "cria.json": { maxModelLen: 64 } }));
    expect(weights!.maxModelLen).toBe(64);
  });

  it("takes the context from the manifest where no file tells", () => {
    const files = { "config.json": undefined, "cria.json": { maxModelLen: 64 } };
    expect(readModelFolder(writeModelFolder(modelsDir, "llama", files)).weights!.maxModelLen).toBe(64);
  });

  it.each([
    [["model.onnx", "model_fp16.onnx", "model_int8.onnx", "model_q4f16.onnx", "model_q4.onnx"], "model_q4.onnx"],
    [["model.onnx", "model_fp16.onnx", "model_quantized.onnx", "model_q4f16.onnx"], "model_q4f16.onnx"],
    [["model.onnx", "model_fp16.onnx", "model_quantized.onnx"], "model_quantized.onnx"],
    [["model.onnx", "model_fp16.onnx"], "model_fp16.onnx"],
    [["model.onnx"], "model.onnx"],
  ])("reads onnx-community's layout: of %j it takes %s", (names, chosen) => {
    const graphs = Object.fromEntries(names.map((name) => [`onnx/${name}`, graphWithData({})]));
    const folder = writeModelFolder(modelsDir, "llama", {
      "model.onnx": undefined,
      "model.data": undefined,
      ...graphs,
    });
    expect(readModelFolder(folder).weights).toMatchObject({
      layout: "onnx-community",
      file: join(folder, "onnx", chosen),
    });
  });

  it("takes the graph that the manifest names", () => {
    const graphs = { "onnx/model.onnx": graphWithData({}), "onnx/model_q4.onnx": graphWithData({}) };
    const folder = writeModelFolder(modelsDir, "llama", { ...graphs, "cria.json": { graph: "onnx/model.onnx" } });
    expect(readModelFolder(folder).weights!.file).toBe(join(folder, "onnx/model.onnx"));
  });

  it("reads onnxruntime-genai's layout: file, names, context, sampling", () => {
    const genai = {
      model: {
        context_length: 4096,
        decoder: {
          filename: "decoder.onnx",
          inputs: { input_ids: "ids", past_key_names: "past.%d.k", past_value_names: "past.%d.v" },
          outputs: { logits: "scores", present_key_names: "now.%d.k", present_value_names: "now.%d.v" },
        },
      },
      search: { do_sample: true, temperature: 0.6, top_k: 40, top_p: 0.9, repetition_penalty: 1.2 },
    };
    const folder = writeModelFolder(modelsDir, "llama", {
      "model.onnx": undefined,
      "config.json": undefined,
      "decoder.onnx": graphWithData({ "model.data": 1000 }),
      "genai_config.json": genai,
    });
    const { weights, defaults } = readModelFolder(folder);
    expect(weights).toMatchObject({
      layout: "onnxruntime-genai",
      file: join(folder, "decoder.onnx"),
      maxModelLen: 4096,
    });
    expect(weights!.names).toEqual({
      inputIds: "ids",
      attentionMask: "attention_mask",
      positionIds: "position_ids",
      pastKeyNames: "past.%d.k",
      pastValueNames: "past.%d.v",
      logits: "scores",
      presentKeyNames: "now.%d.k",
      presentValueNames: "now.%d.v",
    });
    expect(defaults.sampling).toEqual({ temperature: 0.6, topK: 40, topP: 0.9, repetitionPenalty: 1.2 });
  });

  it("leaves out sampling of a search that does not sample", () => {
    const files = { "generation_config.json": { do_sample: false, temperature: 1, repetition_penalty: 1.1 } };
    const { defaults } = readModelFolder(writeModelFolder(modelsDir, "llama", files));
    expect(defaults.sampling).toEqual({ repetitionPenalty: 1.1 });
  });

  it("leaves out sampling outside the contract's ranges", () => {
    const search = { do_sample: true, temperature: -1, top_k: -1, top_p: 0, min_p: null, repetition_penalty: 0 };
    const { defaults } = readModelFolder(writeModelFolder(modelsDir, "llama", { "generation_config.json": search }));
    expect(defaults.sampling).toEqual({});
  });

  it.each([
    ["a template in the tokenizer's config", { "tokenizer_config.json": { chat_template: "one" } }, "one"],
    [
      "several by name",
      {
        "tokenizer_config.json": {
          chat_template: [
            { name: "rag", template: "a" },
            { name: "default", template: "b" },
          ],
        },
      },
      "b",
    ],
    ["a file of its own", { "chat_template.jinja": "two", "tokenizer_config.json": { chat_template: "one" } }, "two"],
    ["none", {}, undefined],
  ])("finds the chat template: %s", (_, files, template) => {
    expect(readModelFolder(writeModelFolder(modelsDir, "llama", files)).defaults.chatTemplate).toBe(template);
  });

  it("changes the weights' revision with their files, not with the manifest", () => {
    const revision = (files: Record<string, unknown>) =>
      readModelFolder(writeModelFolder(modelsDir, "llama", files)).weights!.revision;
    const folder = writeModelFolder(modelsDir, "llama");
    const first = readModelFolder(folder);
    writeFileSync(join(folder, "cria.json"), '{"description": "new"}');
    const second = readModelFolder(folder);
    expect(second.weights!.revision).toBe(first.weights!.revision);
    expect(second.manifestHash).not.toBe(first.manifestHash);
    expect(revision({ "model.data": new Uint8Array(1001) })).not.toBe(first.weights!.revision);
  });

  describe("tells what is wrong with", () => {
    it.each([
      ["wrong JSON", { "cria.json": '{\n  "stop": ["a",]\n}' }, /^cria.json is not JSON: line 2, column 16: /],
      ["an empty manifest file", { "cria.json": "" }, /^cria.json is not JSON: line 1, column 1: /],
      [
        "a field that does not exist",
        { "cria.json": { temperature: 1 } },
        /^cria.json: Unrecognized key: "temperature"$/,
      ],
      [
        "a value out of range",
        { "cria.json": { sampling: { topP: 2 } } },
        /^cria.json: sampling.topP: .*<=1 \(it is 2\)$/,
      ],
      [
        "an unknown prompt format",
        { "cria.json": { promptFormat: { type: "chatml" } } },
        /^cria.json: promptFormat.type: /,
      ],
      ["a list for a manifest", { "cria.json": [] }, /^cria.json: Invalid input: expected object/],
      [
        "a name other than its folder's",
        { "cria.json": { name: "alpaca" } },
        /^cria.json: name is "alpaca", its folder "llama"/,
      ],
      ["no tokenizer", { "tokenizer.json": undefined }, /^tokenizer.json is missing$/],
      [
        "no graph",
        { "model.onnx": undefined },
        /^model.onnx is missing: a model needs a graph, or "base" in cria.json$/,
      ],
      [
        "a graph outside its folder",
        { "cria.json": { graph: "../llama.onnx" } },
        /^graph "..\/llama.onnx" lies outside/,
      ],
      [
        "a missing weights file",
        { "model.data": undefined },
        /^model.data is missing; model.onnx keeps weights in it$/,
      ],
      [
        "a weights file cut short",
        { "model.data": new Uint8Array(999) },
        /^model.data has 999 bytes; model.onnx needs 1000$/,
      ],
      [
        "weights outside its folder",
        { "model.onnx": graphWithData({ "../llama/model.data": 1, "../../etc/hosts": 1 }) },
        /^weights file "..\/..\/etc\/hosts" lies outside the model's folder$/,
      ],
      [
        "weights in an absolute path",
        { "model.onnx": graphWithData({ "/model.data": 1 }) },
        /^weights file "\/model.data" lies/,
      ],
      [
        "weights in a folder",
        { "model.onnx": graphWithData({ data: 1 }), "data/part": "x" },
        /^data is no regular file; model.onnx keeps weights in it$/,
      ],
      ["an empty graph file", { "model.onnx": "" }, /^model.onnx is cut short or no ONNX file: it has no graph$/],
      [
        "a graph file of something else",
        { "model.onnx": "<html>not found</html>" },
        /^model.onnx is cut short or no ONNX file: /,
      ],
      ["no context length", { "config.json": {} }, /^no file tells the context length: set maxModelLen in cria.json$/],
      [
        "wrong JSON beside it",
        { "tokenizer_config.json": "{" },
        /^tokenizer_config.json is not JSON: line 1, column 2: /,
      ],
    ])("%s", (_, files, fault) => {
      const folder = readModelFolder(writeModelFolder(modelsDir, "llama", files));
      expect(folder.faults).toEqual([expect.stringMatching(fault)]);
      expect(folder.weights).toBeUndefined();
    });

    it("a folder whose name is none", () => {
      expect(faultsOf({}, "My Llama")).toEqual([
        expect.stringMatching(/^folder name "My Llama" cannot be a model's name/),
      ]);
    });

    it("several things at once", () => {
      const faults = faultsOf({
        "tokenizer.json": undefined,
        "model.data": undefined,
        "cria.json": { name: "alpaca" },
      });
      expect(faults).toHaveLength(3);
    });

    it("a graph cut short anywhere", () => {
      const weights = { name: "weights", rawData: Buffer.alloc(100_000) };
      const whole = ModelProto.encode(
        ModelProto.fromPartial({ graph: { name: "tiny", initializer: [weights] } }),
      ).finish();
      const folder = writeModelFolder(modelsDir, "llama", { "model.onnx": whole });
      expect(readModelFolder(folder).faults).toEqual([]);
      for (const bytes of [whole.length - 1, 70_000, 100, 3, 1]) {
        truncateSync(join(folder, "model.onnx"), bytes);
        expect(readModelFolder(folder).faults).toEqual([
          expect.stringMatching(/^model.onnx is cut short or no ONNX file/),
        ]);
      }
    });
  });

  it("does not read weights that lie in the graph", () => {
    const weights = Array.from({ length: 50 }, (_, i) => ({ name: `${i}`, rawData: Buffer.alloc(200_000) }));
    const graph = ModelProto.fromPartial({ graph: { initializer: weights } });
    const folder = writeModelFolder(modelsDir, "llama", { "model.onnx": ModelProto.encode(graph).finish() });
    expect(readModelFolder(folder).weights!.weightBytes).toBeGreaterThan(10_000_000);
  });

  it("needs no graph where there is a base", () => {
    const folder = writeFiles(join(modelsDir, "variant"), { "cria.json": { base: "llama" } });
    expect(readModelFolder(folder)).toMatchObject({ faults: [], weights: undefined, manifest: { base: "llama" } });
  });
});
