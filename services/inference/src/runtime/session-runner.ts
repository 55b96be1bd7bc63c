import type { ModelRunner } from "../engine/model-runner.ts";
import type { DecodePlan, StepPlan } from "../engine/step-plan.ts";
import { InferenceError } from "../errors.ts";
import { DecoderInputs, type PassShape } from "./decoder-inputs.ts";
import { DEFAULT_GRAPH_NAMES, type DecoderGraph, type GraphNames, readDecoderGraph } from "./graph/decoder-graph.ts";
import { KvCache } from "./kv-cache.ts";
import { LogitsOutput } from "./logits-output.ts";
import type { Device } from "./ort/execution-provider.ts";
import { deviceMemory, hostMemory, returnFreeMemory } from "./ort/memory.ts";
import type { Ort, OrtPointer } from "./ort/ort-api.ts";
import { openSession } from "./ort/ort-session.ts";
import { ReleaseStack } from "./ort/release-stack.ts";

export interface SessionRunnerOptions {
  readonly graphFile: string;
  /** What the graph calls its inputs and outputs, where that is not the usual. */
  readonly names?: GraphNames | undefined;
  readonly device: Device;
  /** Threads of one pass. Default: the physical cores. */
  readonly numThreads?: number | undefined;
  readonly maxNumSeqs: number;
  readonly maxModelLen: number;
  readonly weightBytes: number;
}

/** Opens a session over a decoder's graph and makes its KV cache; what fails halfway holds no memory. */
export async function openSessionRunner(ort: Ort, options: SessionRunnerOptions): Promise<SessionRunner> {
  const { graphFile, names = DEFAULT_GRAPH_NAMES, device, numThreads } = options;
  const owned = new ReleaseStack();
  try {
    const session = await openSession(ort, { graphFile, device, numThreads, owned });
    const graph = readDecoderGraph(session, names);
    const runner = new SessionRunner(ort, { ...options, session: session.pointer, graph, owned });
    await tryOut(runner, graphFile);
    return runner;
  } catch (error) {
    owned.release();
    returnFreeMemory();
    throw error;
  }
}

/**
 * Passes at a row's two ends: what the graph cannot do, as positions past its rotary cache, and weights that are no numbers
 * fail at the load and not at a request.
 */
async function tryOut(runner: SessionRunner, graphFile: string): Promise<void> {
  await runner.run(decodeAt(runner.maxModelLen - 1));
  const logits = await runner.run(decodeAt(0));
  if (!logits.some(Number.isNaN)) return;
  throw new InferenceError("MODEL_BROKEN", `${graphFile} computes NaN: its weights are broken; get the model again`);
}

function decodeAt(numComputedTokens: number): DecodePlan {
  return { type: "decode", moves: [], entries: [{ numComputedTokens, tokenId: 0 }] };
}

interface OpenedSession {
  readonly session: OrtPointer;
  readonly graph: DecoderGraph;
  /** The session and what was made for it: given back when the runner closes. */
  readonly owned: ReleaseStack;
}

/** Runs a decoder's session over a KV cache that is updated in place. */
export class SessionRunner implements ModelRunner {
  readonly vocabSize: number;
  readonly maxNumSeqs: number;
  readonly maxModelLen: number;
  readonly memoryBytes: number;
  readonly device: string;
  readonly #ort: Ort;
  readonly #session: OrtPointer;
  readonly #graph: DecoderGraph;
  readonly #owned: ReleaseStack;
  readonly #kvCache: KvCache;
  readonly #inputs: DecoderInputs;
  readonly #logits: LogitsOutput;
  /** One a range of rows that ran, its KV cache bound: binding the 4 tensors of each layer anew costs more than the rest. */
  readonly #bindings = new Map<number, OrtPointer>();
  #isRunning = false;

  constructor(ort: Ort, options: SessionRunnerOptions & OpenedSession) {
    const { session, graph, owned, device, maxNumSeqs, maxModelLen, weightBytes } = options;
    const host = hostMemory(ort, owned);
    const memory = deviceMemory(ort, session, device, owned);
    this.vocabSize = graph.vocabSize;
    this.maxNumSeqs = maxNumSeqs;
    this.maxModelLen = maxModelLen;
    this.device = device.name;
    this.#ort = ort;
    this.#session = session;
    this.#graph = graph;
    this.#owned = owned;
    this.#kvCache = new KvCache(ort, { graph, maxNumSeqs, maxModelLen, memory, owned });
    this.#inputs = new DecoderInputs(ort, { graph, maxNumSeqs, maxModelLen, host, owned });
    this.#logits = new LogitsOutput(ort, { graph, maxNumSeqs, host, owned });
    this.memoryBytes = weightBytes + this.#kvCache.bytes;
  }

  async run(plan: StepPlan): Promise<Float32Array> {
    if (this.#isRunning) throw new Error("run() during a pass: they share inputs, logits and the KV cache");
    this.#checkBounds(plan);
    for (const move of plan.moves) this.#kvCache.move(move);
    return this.#pass(plan.type === "prefill" ? this.#inputs.setPrefill(plan) : this.#inputs.setDecode(plan));
  }

  close(): void {
    if (this.#isRunning) throw new Error("close() during a pass: ONNX Runtime still writes to this memory");
    this.#owned.release();
    returnFreeMemory();
  }

  async #pass(shape: PassShape): Promise<Float32Array> {
    const binding = this.#bindingOf(shape);
    for (const [name, value] of this.#inputs.views(shape)) this.#ort.call("BindInput", binding, name, value);
    const ofPass = new ReleaseStack();
    this.#isRunning = true;
    try {
      this.#ort.call("BindOutput", binding, this.#graph.names.logits, this.#logits.view(shape, ofPass));
      await this.#ort.callAsync("RunWithBinding", this.#session, null, binding);
      this.#ort.call("SynchronizeBoundOutputs", binding);
      return this.#logits.read(shape);
    } finally {
      this.#isRunning = false;
      ofPass.release();
      this.#ort.call("BindOutput", binding, this.#graph.names.logits, this.#logits.oneRow); // else it keeps the pass's
    }
  }

  /** ONNX Runtime trusts addresses: a plan beyond the cache would write over other memory. */
  #checkBounds(plan: StepPlan): void {
    let { numRows, numPositions } = extentOf(plan);
    for (const { from, to, length } of plan.moves) {
      numRows = Math.max(numRows, from + 1, to + 1);
      numPositions = Math.max(numPositions, length);
    }
    if (numRows > this.maxNumSeqs) throw new RangeError(`row ${numRows - 1}; there are ${this.maxNumSeqs}`);
    if (numPositions > this.maxModelLen) {
      throw new RangeError(`${numPositions} positions; maxModelLen is ${this.maxModelLen}`);
    }
  }

  #bindingOf({ firstRow, numRows }: PassShape): OrtPointer {
    const key = firstRow * (this.maxNumSeqs + 1) + numRows;
    const known = this.#bindings.get(key);
    if (known !== undefined) return known;
    const binding = this.#ort.get("CreateIoBinding", this.#session);
    try {
      this.#bindRows(binding, firstRow, numRows);
    } catch (error) {
      this.#ort.release("ReleaseIoBinding", binding);
      throw error;
    }
    this.#owned.defer(() => this.#ort.release("ReleaseIoBinding", binding));
    this.#bindings.set(key, binding);
    return binding;
  }

  #bindRows(binding: OrtPointer, firstRow: number, numRows: number): void {
    for (const [i, { past, present }] of this.#graph.kv.entries()) {
      const rows = this.#kvCache.viewRows(i, firstRow, numRows);
      try {
        this.#ort.call("BindInput", binding, past, rows);
        this.#ort.call("BindOutput", binding, present, rows);
      } finally {
        this.#ort.release("ReleaseValue", rows);
      }
    }
  }
}

/** Rows and positions that a plan's pass reaches. */
function extentOf(plan: StepPlan): { numRows: number; numPositions: number } {
  if (plan.type === "prefill") {
    return { numRows: plan.row + 1, numPositions: plan.numComputedTokens + plan.tokenIds.length };
  }
  let numPositions = 0;
  for (const entry of plan.entries) numPositions = Math.max(numPositions, entry.numComputedTokens + 1);
  return { numRows: plan.entries.length, numPositions };
}
