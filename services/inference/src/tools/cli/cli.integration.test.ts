import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleProgram } from "../../../../../test/bundle-program.ts";
import { writeFiles, writeModelFolder } from "../../model-folder/model-folder.fixture.ts";
import { writeGguf } from "../gguf/gguf-writer.fixture.ts";
import { tinyLlama } from "../gguf/tiny-llama.fixture.ts";

let cli: string;
let modelsDir: string;
beforeAll(async () => {
  cli = await bundleProgram("services/inference/src/tools/cli/cli.ts");
  modelsDir = mkdtempSync(join(tmpdir(), "cria-cli-"));
});
afterAll(() => rmSync(modelsDir, { recursive: true }));

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as npm would, without a terminal. */
function models(...words: string[]): Promise<Run> {
  const env = { PATH: process.env.PATH, CRIA_MODELS_DIR: modelsDir, CRIA_DEFAULT_MODEL: "tiny" };
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...words], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    }).stdin?.end();
  });
}

/** The steps of one model's life, in order: each test goes on from the one before. */
describe.sequential("npm run models", () => {
  it("says what to do where there is no model", async () => {
    expect(await models("list")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("import FILE.gguf makes one"),
    });
  });

  it("tells its usage, and fails on what it does not understand", async () => {
    expect(await models()).toMatchObject({ code: 0, stdout: expect.stringContaining("usage: npm run models --") });
    expect((await models("lst")).stderr).toMatch(/^there is no command "lst"\n/);
    expect(await models("show")).toMatchObject({ code: 2, stdout: "" });
    expect(await models("list", "--all")).toMatchObject({ code: 2, stdout: "" });
    expect(await models("list", "tiny")).toMatchObject({ code: 2, stdout: "" });
  });

  it("imports a GGUF file, named after it, and tells how far it is in a few lines", async () => {
    writeFileSync(join(modelsDir, "Tiny.gguf"), writeGguf(tinyLlama()));
    const { code, stdout, stderr } = await models("import", join(modelsDir, "Tiny.gguf"));
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^tiny: [1-9]\d*\.\d kB of weights in .*tiny\n$/),
    });
    expect(stderr.trim().split("\n").at(-1)).toBe("tiny: 100%");
  });

  it("says how large a model is as all else does", async () => {
    const file = join(modelsDir, "Tiny.gguf");
    const imported = JSON.parse((await models("import", file, "--name", "again", "--json")).stdout);
    const [tiny] = JSON.parse((await models("list", "--json")).stdout).slice(-1);
    expect(imported.weightBytes).toBe(tiny.weightBytes);
    await models("remove", "again", "--yes");
  });

  it("checks it for real: loads it and lets it write", async () => {
    const { code, stdout } = await models("check", "tiny");
    expect(stdout).toMatch(
      /^tiny: sound\n {2}cria layout, .* of weights, loaded in .*\n.*tokens; replies end at <\|im_end\|>.*\n {2}continues "The capital/,
    );
    expect(code).toBe(0);
  });

  it("lists models in columns, then broken ones with the reason", async () => {
    writeFiles(join(modelsDir, "variant"), { "cria.json": { base: "tiny", description: "Another" } });
    writeModelFolder(modelsDir, "wrong", { "tokenizer.json": undefined });
    writeModelFolder(modelsDir, "stray", { "cria.json": undefined });
    const { code, stdout } = await models("list");
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["NAME", "FORMAT", "CONTEXT", "SIZE", "BASE", "DESCRIPTION"],
      ["tiny *", "chat-template", "64", expect.stringMatching(/ kB$/), "-", expect.any(String)],
      ["variant", "chat-template", "64", "-", "tiny", "Another"],
      ["* the default model"],
      ["broken: wrong: tokenizer.json is missing"],
      ["broken: stray: no cria.json, so it is no model; {} in one will do"],
      [""],
    ]);
  });

  it("names every token that ends a reply, wherever it tells of them", async () => {
    const ends = { eos_token_id: [0, 2] };
    writeFiles(join(modelsDir, "tiny"), { "generation_config.json": ends });
    const [, checked] = /replies end at (.+)/.exec((await models("check", "tiny")).stdout)!;
    expect(checked).toMatch(/, /);
    expect((await models("show", "tiny")).stdout).toContain(`end of reply   ${checked}\n`);
  });

  it("gives programs JSON", async () => {
    const list = JSON.parse((await models("list", "--json")).stdout) as { name: string; faults: string[] }[];
    expect(list.map(({ name, faults }) => [name, faults.length])).toEqual([
      ["tiny", 0],
      ["variant", 0],
      ["wrong", 1],
      ["stray", 1],
    ]);
    expect(JSON.parse((await models("show", "variant", "--json")).stdout)).toMatchObject({
      name: "variant",
      base: "tiny",
    });
  });

  it("shows one model, or names those that may have been meant", async () => {
    expect((await models("show", "variant")).stdout).toMatch(/^name +variant\ndescription +Another\nbase +tiny\n/);
    expect(await models("show", "varian")).toEqual({
      code: 1,
      stdout: "",
      stderr: 'model "varian" does not exist; nearest: variant\n',
    });
    expect((await models("show", "nope")).stderr).toBe('model "nope" does not exist; none has a name like it\n');
    expect((await models("show", "stray")).stderr).toMatch(
      /stray is no model: it is not a folder with a cria\.json\n$/,
    );
    expect((await models("show", "wrong")).stdout).toMatch(
      /^name +wrong\nbroken +tokenizer.json is missing\n(?!context)/,
    );
  });

  it("checks all models, fails if one is broken, and hints at folders without a manifest", async () => {
    const { code, stdout } = await models("check");
    expect(code).toBe(1);
    expect(stdout).toContain("variant: sound\n");
    expect(stdout).toContain("wrong: BROKEN\n  tokenizer.json is missing\n");
    expect(stdout).toContain("stray: no cria.json, so it is no model; {} in one will do");
  });

  it("finds a graph that cannot be loaded", async () => {
    const { code, stdout } = await models("import", join(modelsDir, "Tiny.gguf"), "--name", "cut");
    expect({ code, stdout }).toMatchObject({ code: 0 });
    truncateSync(join(modelsDir, "cut", "model.onnx"), 1000);
    expect(await models("check", "cut")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("model.onnx is cut short"),
    });
  });

  it("fails in one line on a file that is none", async () => {
    const { code, stderr } = await models("import", join(modelsDir, "missing.gguf"));
    expect({ code, lines: stderr.trim().split("\n").length }).toEqual({ code: 1, lines: 1 });
  });

  it("removes nothing that others build on, that is elsewhere, or that nobody confirmed", async () => {
    expect(await models("remove", "tiny", "--yes")).toMatchObject({
      code: 1,
      stderr: 'variant builds on "tiny": remove it first\n',
    });
    expect(await models("remove", "../tiny", "--yes")).toMatchObject({ code: 1 });
    expect(await models("remove", "variant")).toMatchObject({ code: 2, stderr: expect.stringContaining("add --yes") });
    expect(existsSync(join(modelsDir, "variant"))).toBe(true);
  });

  it("removes a model, broken or not", async () => {
    for (const name of ["variant", "tiny", "wrong"]) {
      expect(await models("remove", name, "--yes")).toEqual({ code: 0, stdout: `${name} is removed\n`, stderr: "" });
      expect(existsSync(join(modelsDir, name))).toBe(false);
    }
  });
});
