import type { ModelRunner } from "../engine/model-runner.ts";
import type { DecodePlan } from "../engine/step-plan.ts";
import { InferenceError } from "../errors.ts";
import { DEFAULT_GRAPH_NAMES, type GraphNames, readDecoderGraph } from "./decoder-graph.ts";
import { type Device, findDevice } from "./execution-provider.ts";
import { readGraphFile } from "./graph-file.ts";
import { HOST_MEMORY } from "./memory.ts";
import { loadOrt, type Ort, OrtError } from "./ort-api.ts";
import { openSession } from "./ort-session.ts";
import { SessionRunner } from "./session-runner.ts";

export interface OnnxModelRunnerOptions {
  /** The `.onnx` file; weights outside it lie where it says, beside it. */
  readonly graphFile: string;
  /** What the graph calls its inputs and outputs, where that is not the usual. */
  readonly names?: GraphNames | undefined;
  /** Rows of the KV cache: sequences that run at once. */
  readonly maxNumSeqs: number;
  /** Positions of a row. */
  readonly maxModelLen: number;
  /** "cpu", "webgpu", "cuda:0", "coreml" or "dml". */
  readonly device: string;
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
  if (options.maxNumSeqs > 1 && device.provider.memoryName !== HOST_MEMORY) throw tooManyRows(options);
  const { operators, weightFiles } = readGraphFile(options.graphFile, broken);
  if (!operators.has("GroupQueryAttention")) throw notInPlace(options.graphFile);
  const weightBytes = weightFiles.reduce((sum, { bytes }) => sum + bytes, 0);
  try {
    return await openRunner(ort, options, device, weightBytes);
  } catch (error) {
    throw error instanceof OrtError ? notRunnable(options, error) : error;
  }
}

async function openRunner(ort: Ort, options: OnnxModelRunnerOptions, device: Device, weightBytes: number) {
  const { graphFile, names = DEFAULT_GRAPH_NAMES, maxNumSeqs, maxModelLen, numThreads } = options;
  const session = await openSession(ort, { graphFile, device, numThreads });
  let runner: SessionRunner | undefined;
  try {
    const graph = readDecoderGraph(session, names);
    runner = new SessionRunner(ort, { session, graph, device, maxNumSeqs, maxModelLen, weightBytes });
    await runner.run(lastPosition(maxModelLen));
    return runner;
  } catch (error) {
    if (runner) runner.close();
    else ort.release("ReleaseSession", session.pointer);
    throw error;
  }
}

/** A first pass at a row's end: what the graph cannot do, as positions past its rotary cache, fails at the load and not later. */
function lastPosition(maxModelLen: number): DecodePlan {
  return { type: "decode", moves: [], entries: [{ numComputedTokens: maxModelLen - 1, tokenId: 0 }] };
}

function tooManyRows({ device, maxNumSeqs }: OnnxModelRunnerOptions): InferenceError {
  return new InferenceError(
    "INVALID_ARGUMENT",
    `maxNumSeqs is ${maxNumSeqs}; device "${device}" runs one sequence at a time, because rows of its memory cannot be moved: set it to 1`,
  );
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
  const hint = device.startsWith("cuda") ? "; CUDA needs onnxruntime-node's CUDA files, see the README" : "";
  return new InferenceError("MODEL_BROKEN", `${fault}: ${cause.message} (${cause.code})${hint}`, { cause });
}
