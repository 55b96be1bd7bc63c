import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ModelProto } from "./gen/onnx.ts";

/**
 * A copy of a model folder whose products are summed in float32 (accuracy level 0) instead of int8: slow, and as exact as
 * the weights. Shows what the import kept, apart from what the fast arithmetic costs.
 */
export function makeExactCopy(folder: string): { readonly folder: string; readonly remove: () => void } {
  const copy = mkdtempSync(path.join(tmpdir(), "cria-exact-"));
  cpSync(folder, copy, { recursive: true });
  const graphFile = path.join(copy, "model.onnx");
  const model = ModelProto.decode(readFileSync(graphFile));
  for (const { attribute } of model.graph?.node ?? []) {
    for (const one of attribute) if (one.name === "accuracy_level") one.i = 0;
  }
  writeFileSync(graphFile, ModelProto.encode(model).finish());
  return { folder: copy, remove: () => rmSync(copy, { recursive: true, force: true }) };
}
