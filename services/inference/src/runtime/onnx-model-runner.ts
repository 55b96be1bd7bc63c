import type { ModelRunner } from "../engine/model-runner.ts";
import { InferenceError } from "../errors.ts";
import { readGraphFile } from "../model-folder/graph/graph-file.ts";
import type { GraphNames } from "../model-folder/graph/graph-names.ts";
import type { BlockStore } from "./block-store.ts";
import { DeviceMutex } from "./device-mutex.ts";
import { deviceHint, findDevice, mostRows } from "./ort/execution-provider.ts";
import { loadOrt, OrtError } from "./ort/ort-api.ts";
import { openSessionRunner } from "./session-runner.ts";

export interface OnnxModelRunnerOptions {
  /** The `.onnx` file; weights outside it lie where it says, beside it. */
  readonly graphFile: string;
  /** What the graph calls its inputs and outputs, where that is not the usual. */
  readonly names?: GraphNames | undefined;
  /** Rows of the KV cache: sequences that run at once. 1 where its memory is not the host's. */
  readonly maxNumSeqs: number;
  /** Positions of a row. */
  readonly maxModelLen: number;
  /** "cpu", "webgpu", "cuda:0", "coreml" or "dml". */
  readonly device: string;
  /** Keeps the device to one at a time, where several models share it. Default: a mutex of its own. */
  readonly mutex?: DeviceMutex | undefined;
  /** Where blocks of rows are kept, and the name of the model there. Default: nowhere, and no row is used again. */
  readonly blocks?: { readonly store: BlockStore; readonly revision: string } | undefined;
  /** Threads of one pass. Default: the physical cores. */
  readonly numThreads?: number | undefined;
}

/** A model that ONNX Runtime runs. */
export interface OnnxModelRunner extends ModelRunner {
  /** Weights and the whole KV cache, in bytes. On a CPU the KV cache takes its share only as rows fill. */
  readonly memoryBytes: number;
  /** As asked for: "cpu", "cuda:0". */
  readonly device: string;
}

/**
 * Loads a decoder's graph and makes its KV cache. Layouts: our own (logits of the positions asked for), onnx-community
 * and onnxruntime-genai (logits of all positions), each with or without `position_ids`.
 * @throws InferenceError MODEL_BROKEN for a graph that cannot run so, INVALID_ARGUMENT for a device that is not there
 */
export async function loadOnnxModelRunner(options: OnnxModelRunnerOptions): Promise<OnnxModelRunner> {
  const ort = loadOrt();
  const device = findDevice(ort, options.device);
  const { operators, weightFiles } = readGraphFile(options.graphFile, broken);
  if (!operators.has("GroupQueryAttention")) throw notInPlace(options.graphFile);
  const weightBytes = weightFiles.reduce((sum, { bytes }) => sum + bytes, 0);
  try {
    const maxNumSeqs = Math.min(options.maxNumSeqs, mostRows(device));
    const { mutex = new DeviceMutex() } = options;
    return await openSessionRunner(ort, { ...options, mutex, device, maxNumSeqs, weightBytes });
  } catch (error) {
    throw error instanceof OrtError ? notRunnable(options, error) : error;
  }
}

function broken(fault: string): never {
  throw new InferenceError("MODEL_BROKEN", fault);
}

function notInPlace(graphFile: string): InferenceError {
  return new InferenceError(
    "MODEL_BROKEN",
    `${graphFile} has no GroupQueryAttention, so its KV cache cannot be updated in place; export it with onnxruntime-genai's model builder, take an onnx-community model that has it, or import a GGUF file`,
  );
}

function notRunnable({ graphFile, device, maxModelLen }: OnnxModelRunnerOptions, cause: OrtError): InferenceError {
  const fault = `ONNX Runtime cannot run ${graphFile} on ${device} with maxModelLen ${maxModelLen}`;
  return new InferenceError("MODEL_BROKEN", `${fault}: ${cause.message} (${cause.code})${deviceHint(device)}`, {
    cause,
  });
}
