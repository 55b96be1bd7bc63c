import { mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { graphWithData, writeFiles, writeModelFolder } from "../model-folder/model-folder.fixture.ts";
import { ModelCatalog } from "./model-catalog.ts";

let modelsDir: string;
beforeEach(() => {
  modelsDir = mkdtempSync(join(tmpdir(), "cria-catalog-"));
});
afterEach(() => rmSync(modelsDir, { recursive: true }));

const writeVariant = (name: string, manifest: object) => writeFiles(join(modelsDir, name), { "cria.json": manifest });
const faultsOf = (name: string) => new ModelCatalog(modelsDir).models.get(name)!.faults;

describe("ModelCatalog", () => {
  it("fills in what a manifest leaves out: from its bases, then from the model's files, then from the contract", () => {
    writeModelFolder(modelsDir, "llama", {
      "cria.json": { system: "Be kind.", stop: ["\n\n"], sampling: { topK: 3 }, maxTokens: 99, licence: "MIT" },
      "tokenizer_config.json": { eos_token: "<|end|>", bos_token: "<s>", chat_template: "{{ messages }}" },
      "generation_config.json": { do_sample: true, top_k: 50, min_p: 0.1 },
    });
    writeVariant("pirate", { base: "llama", system: "Arr.", sampling: { temperature: 0.2 } });
    writeVariant("parrot", { base: "pirate", stop: [] });
    expect(new ModelCatalog(modelsDir).models.get("parrot")).toMatchObject({
      base: "pirate",
      description: "",
      promptFormat: { type: "chat-template" },
      chatTemplate: "{{ messages }}",
      system: "Arr.",
      stop: [],
      sampling: { temperature: 0.2, topK: 3, topP: 0.95, minP: 0.1, repetitionPenalty: 1 },
      maxTokens: 99,
      hasOwnMaxTokens: true,
      maxModelLen: 128,
      bosToken: "<s>",
      eosToken: "<|end|>",
      licence: "MIT",
      faults: [],
    });
  });

  it("tells a default length of replies from a model's own", () => {
    writeModelFolder(modelsDir, "llama", {});
    expect(new ModelCatalog(modelsDir).models.get("llama")).toMatchObject({ maxTokens: 256, hasOwnMaxTokens: false });
  });

  it("completes text where there is no template, and has a variant's own template go first", () => {
    writeModelFolder(modelsDir, "llama");
    writeVariant("chat", { base: "llama", promptFormat: { type: "chat-template", template: "own" } });
    const { models } = new ModelCatalog(modelsDir);
    expect(models.get("llama")!.promptFormat).toEqual({ type: "completion" });
    expect(models.get("chat")!.chatTemplate).toBe("own");
  });

  it.each(["{% for x in %}", "{{ raise_exception('no') }}"])(
    "says so where a template cannot be rendered: %s",
    (template) => {
      writeModelFolder(modelsDir, "llama", {
        "tokenizer_config.json": { eos_token: "<|end|>", chat_template: template },
      });
      writeVariant("plain", { base: "llama", promptFormat: { type: "completion" } });
      expect(faultsOf("llama")).toEqual([expect.stringMatching(/^its chat template cannot be rendered \(.+\): /)]);
      expect(faultsOf("plain")).toEqual([]);
    },
  );

  it("takes a template that wants a system message where the model has one, and one that refuses it", () => {
    const template = (test: string) =>
      `{% if messages[0].role ${test} 'system' %}{{ raise_exception('no') }}{% endif %}{{ messages[0].content }}`;
    for (const [name, test] of [
      ["wants", "!="],
      ["refuses", "=="],
    ] as const)
      writeModelFolder(modelsDir, name, {
        "cria.json": { system: "Be kind.", promptFormat: { type: "chat-template", template: template(test) } },
      });
    expect([faultsOf("wants"), faultsOf("refuses")]).toEqual([[], []]);
  });

  it("takes for models the folders with a manifest, and nothing else", () => {
    writeModelFolder(modelsDir, "llama");
    writeFiles(modelsDir, { "notes.txt": "hi", ".importing-x-1/cria.json": {}, "stray/model.onnx": "" });
    writeFiles(modelsDir, { "odd/cria.json/file": "" });
    expect([...new ModelCatalog(modelsDir).models.keys()]).toEqual(["llama"]);
    expect([...new ModelCatalog(join(modelsDir, "notes.txt")).models.keys()]).toEqual([]);
  });

  it("names the nearest for a base that does not exist: neither the variant itself nor a broken one", () => {
    writeModelFolder(modelsDir, "lame", { "tokenizer.json": undefined });
    writeVariant("lamb", { base: "lamp" });
    writeModelFolder(modelsDir, "camp");
    expect(faultsOf("lamb")).toEqual(['base "lamp" does not exist; nearest: camp']);
    writeVariant("other", { base: "xyzzy" });
    expect(faultsOf("other")).toEqual(['base "xyzzy" does not exist; none has a name like it']);
  });

  it("names a base that does not exist, with the nearest", () => {
    writeModelFolder(modelsDir, "llama");
    writeVariant("variant", { base: "lama" });
    expect(faultsOf("variant")).toEqual(['base "lama" does not exist; nearest: llama']);
  });

  it("names the circle that bases make", () => {
    writeVariant("a", { base: "b" });
    writeVariant("b", { base: "a" });
    writeVariant("c", { base: "a" });
    writeVariant("own", { base: "own" });
    expect(faultsOf("a")).toEqual(["its bases go in a circle: a → b → a"]);
    expect(faultsOf("c")).toEqual(["its bases go in a circle: a → b → a"]);
    expect(faultsOf("own")).toEqual(["its bases go in a circle: own → own"]);
  });

  it("refuses a long chain of bases", () => {
    writeModelFolder(modelsDir, "v0");
    for (let i = 1; i <= 5; i++) writeVariant(`v${i}`, { base: `v${i - 1}` });
    expect(faultsOf("v4")).toEqual([]);
    expect(faultsOf("v5")).toEqual([expect.stringMatching(/^more than 4 bases: v5 → v4/)]);
  });

  it("says that a base is broken, and how", () => {
    writeModelFolder(modelsDir, "llama", { "tokenizer.json": undefined });
    writeVariant("variant", { base: "llama" });
    expect(faultsOf("variant")).toEqual(['base "llama" is broken: tokenizer.json is missing']);
  });

  it("finds a chat format without a template", () => {
    writeModelFolder(modelsDir, "llama", { "cria.json": { promptFormat: { type: "chat-template" } } });
    expect(faultsOf("llama")).toEqual([expect.stringContaining("no chat template")]);
  });

  it("reads again only when something changed, a base's change included", () => {
    writeModelFolder(modelsDir, "llama");
    writeVariant("variant", { base: "llama" });
    const catalog = new ModelCatalog(modelsDir);
    const { models } = catalog;
    expect(catalog.refresh()).toBe(false);
    expect(catalog.models).toBe(models);
    writeModelFolder(modelsDir, "llama", { "cria.json": { licence: "Apache-2.0" } });
    expect(catalog.refresh()).toBe(true);
    expect(catalog.models.get("variant")!.licence).toBe("Apache-2.0");
    expect(catalog.models.get("variant")!.revision).not.toBe(models.get("variant")!.revision);
  });

  it("sees weights change in place, however deep in the folder they lie", () => {
    const data = join("weights", "shards", "model.data");
    writeModelFolder(modelsDir, "llama", {
      "cria.json": { graph: "graphs/cpu/model.onnx" },
      "graphs/cpu/model.onnx": graphWithData({ [data]: 1000 }),
    });
    const file = join(modelsDir, "llama", "graphs", "cpu", data);
    const catalog = new ModelCatalog(modelsDir);
    const weights = () => catalog.models.get("llama")!.weights;
    expect(faultsOf("llama")).toEqual([expect.stringContaining("is missing")]);
    writeFiles(dirname(file), { "model.data": new Uint8Array(1000) });
    catalog.refresh();
    const { revision } = weights()!;
    expect(catalog.refresh()).toBe(false);
    utimesSync(file, 1, 1);
    expect(catalog.refresh()).toBe(true);
    expect(weights()!.revision).not.toBe(revision);
    rmSync(file);
    catalog.refresh();
    expect(weights()).toBeUndefined();
  });

  it("passes over what is being written", () => {
    writeModelFolder(modelsDir, ".llama.part");
    expect(new ModelCatalog(modelsDir).models.size).toBe(0);
  });
});
