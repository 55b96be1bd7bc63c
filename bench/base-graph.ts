import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../deploy/settings.ts";

/** Of a graph, generously. */
const MAX_GRAPH_BYTES = 16 << 20;

/**
 * A copy of a model's folder with the graph of an older build over the same weights. Copied, as ONNX Runtime refuses weights
 * behind a link.
 * @throws Error where the clone does not reach back to the commit
 */
export function baseGraph(commit: string, model: string): { readonly folder: string; readonly remove: () => void } {
  const args = ["show", `${commit}:models/${model}/model.onnx`];
  const graph = execFileSync("git", args, { cwd: ROOT, maxBuffer: MAX_GRAPH_BYTES });
  const folder = mkdtempSync(join(tmpdir(), `cria-graph-${commit}-`));
  cpSync(join(ROOT, "models", model), folder, { recursive: true });
  writeFileSync(join(folder, "model.onnx"), graph);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
