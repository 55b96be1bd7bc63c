import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readModelFolder } from "../../model-folder/model-folder.ts";
import { writeGguf } from "./gguf-writer.fixture.ts";
import { importGguf } from "./import-gguf.ts";
import { tinyLlama } from "./tiny-llama.fixture.ts";

let folder: string;
let modelsDir: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cria-import-"));
  modelsDir = path.join(folder, "models");
  file = path.join(folder, "tiny.gguf");
  writeFileSync(file, writeGguf(tinyLlama()));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that imports the file and is killed, without a chance to tidy up, when the first tensor is written. */
async function importAndDie(): Promise<NodeJS.Signals> {
  const source = `
    import { importGguf } from ${JSON.stringify(new URL("./import-gguf.ts", import.meta.url).href)};
    await importGguf({ file: ${JSON.stringify(file)}, modelsDir: ${JSON.stringify(modelsDir)}, name: "tiny",
      onProgress: () => process.kill(process.pid, "SIGKILL") });`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", source]);
  const [, signal] = await once(child, "exit");
  return signal;
}

describe("an import that is killed", () => {
  it("leaves no half model, and the next import clears up after it", async () => {
    expect(await importAndDie()).toBe("SIGKILL");
    expect(readdirSync(modelsDir)).toEqual([expect.stringMatching(/^\.importing-tiny-\d+$/)]);

    const imported = await importGguf({ file, modelsDir, name: "tiny" });
    expect(readdirSync(modelsDir)).toEqual(["tiny"]);
    expect(readModelFolder(imported).faults).toEqual([]);
  });
});
