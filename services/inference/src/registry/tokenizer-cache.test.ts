import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeModelFolder } from "../model-folder/model-folder.fixture.ts";
import { readModelFolder, weightsKey } from "../model-folder/model-folder.ts";
import { TokenizerCache } from "./tokenizer-cache.ts";

it("knows a tokenizer by its folder and its files, however often the folder is read", async () => {
  const modelsDir = mkdtempSync(join(tmpdir(), "cria-models-"));
  writeModelFolder(modelsDir, "llama");
  const read = () => readModelFolder(join(modelsDir, "llama")).weights!;
  const cache = new TokenizerCache();
  const first = await cache.get(read());
  cache.retain(new Set([weightsKey(read())]));
  expect(await cache.get(read())).toBe(first);
  cache.retain(new Set());
  expect(await cache.get(read())).not.toBe(first);
  rmSync(modelsDir, { recursive: true });
});
