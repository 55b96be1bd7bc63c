import path from "node:path";
import { writeSynced } from "../../model-folder/staging-folder.ts";
import type { LlamaGraph } from "../decoder/llama-graph.ts";
import type { Transfer } from "../decoder/matrix.ts";
import type { Weight } from "../onnx/graph-builder.ts";
import { layOutWeights, WeightFiles } from "../onnx/weight-files.ts";
import type { GgufFile } from "./gguf-file.ts";

/** Bytes read at a time. */
const PIECE_BYTES = 4 << 20;

/** Who hears of the progress, and who may stop it. */
export interface TransferOptions {
  /** Called after each piece, in bytes of the file's tensors. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Stops the import; nothing is left of it. */
  readonly signal?: AbortSignal;
}

/** Writes model.onnx and its weights files, piece by piece: memory holds one piece and what it becomes. */
export async function writeGraph(
  folder: string,
  source: GgufFile,
  { graph, transfers, computed }: LlamaGraph,
  { onProgress, signal }: TransferOptions,
): Promise<void> {
  const layout = layOutWeights(graph.weights);
  const totalBytes = transfers.reduce((sum, { source: { rows, rowBytes } }) => sum + rows * rowBytes, 0);
  const files = await WeightFiles.create(folder, layout);
  try {
    for (const { weight, compute } of computed) await writeWeight(files, weight, 0, new Uint8Array(compute().buffer));
    let doneBytes = 0;
    for (const transfer of transfers) {
      for await (const bytes of transferRows(source, files, transfer)) {
        signal?.throwIfAborted();
        doneBytes += bytes;
        onProgress?.(doneBytes, totalBytes);
      }
    }
    await files.sync();
  } finally {
    await files.close();
  }
  await writeSynced(path.join(folder, "model.onnx"), graph.encode("llama", layout));
}

/** Copies a tensor piece by piece; yields the bytes read of each. */
async function* transferRows(source: GgufFile, files: WeightFiles, transfer: Transfer): AsyncGenerator<number> {
  const { rows, rowBytes } = transfer.source;
  const unitBytes = rowBytes * transfer.rowsPerUnit;
  const rowsPerPiece = Math.max(1, Math.floor(PIECE_BYTES / unitBytes)) * transfer.rowsPerUnit;
  for (let row = 0; row < rows; row += rowsPerPiece) {
    const numRows = Math.min(rowsPerPiece, rows - row);
    const pieces = transfer.repack(await source.readRows(transfer.source, row, numRows));
    for (const [i, { weight, firstRow }] of transfer.targets.entries()) {
      const bytes = pieces[i]!;
      await writeWeight(files, weight, (firstRow + row) * (bytes.length / numRows), bytes);
    }
    yield numRows * rowBytes;
  }
}

/** Writes into a weight from `position` on, through as many of its parts as the bytes touch. */
async function writeWeight(files: WeightFiles, weight: Weight, position: number, bytes: Uint8Array): Promise<void> {
  let start = 0;
  for (const part of weight.parts) {
    const from = Math.max(position, start);
    const to = Math.min(position + bytes.length, start + part.byteLength);
    if (from < to) await files.write(part.name, from - start, bytes.subarray(from - position, to - position));
    start += part.byteLength;
  }
}
