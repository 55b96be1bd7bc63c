import type { ModelRunner } from "../engine/model-runner.ts";
import type { StepPlan } from "../engine/step-plan.ts";
import type { DecoderGraph } from "./decoder-graph.ts";
import { DecoderInputs, type PassShape } from "./decoder-inputs.ts";
import type { Device } from "./execution-provider.ts";
import { KvCache } from "./kv-cache.ts";
import { LogitsOutput } from "./logits-output.ts";
import { deviceMemory, hostMemory, type Memory, returnFreeMemory } from "./memory.ts";
import type { Ort, OrtPointer } from "./ort-api.ts";
import type { OrtSession } from "./ort-session.ts";

export interface SessionRunnerOptions {
  /** Owned by the runner from here on. */
  readonly session: OrtSession;
  readonly graph: DecoderGraph;
  readonly device: Device;
  readonly maxNumSeqs: number;
  readonly maxModelLen: number;
  readonly weightBytes: number;
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
  readonly #memories: readonly Memory[];
  readonly #kvCache: KvCache;
  readonly #inputs: DecoderInputs;
  readonly #logits: LogitsOutput;
  /** One a range of rows that ran, its KV cache bound: binding the 4 tensors of each layer anew costs more than the rest. */
  readonly #bindings = new Map<number, OrtPointer>();
  #isRunning = false;

  constructor(ort: Ort, { session, graph, device, maxNumSeqs, maxModelLen, weightBytes }: SessionRunnerOptions) {
    const host = hostMemory(ort);
    const memory = deviceMemory(ort, session.pointer, device);
    this.vocabSize = graph.vocabSize;
    this.maxNumSeqs = maxNumSeqs;
    this.maxModelLen = maxModelLen;
    this.device = device.name;
    this.#ort = ort;
    this.#session = session.pointer;
    this.#graph = graph;
    this.#memories = [host, memory];
    this.#kvCache = new KvCache(ort, { graph, maxNumSeqs, maxModelLen, memory });
    this.#inputs = new DecoderInputs(ort, { graph, maxNumSeqs, maxModelLen, host });
    this.#logits = new LogitsOutput(ort, { graph, maxNumSeqs, host });
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
    for (const binding of this.#bindings.values()) this.#ort.release("ReleaseIoBinding", binding);
    this.#logits.release();
    this.#inputs.release();
    this.#kvCache.release();
    for (const memory of this.#memories) memory.release();
    this.#ort.release("ReleaseSession", this.#session);
    returnFreeMemory();
  }

  async #pass(shape: PassShape): Promise<Float32Array> {
    const binding = this.#bindingOf(shape);
    for (const [name, value] of this.#inputs.views(shape)) this.#ort.call("BindInput", binding, name, value);
    const logits = this.#logits.view(shape);
    this.#ort.call("BindOutput", binding, this.#graph.names.logits, logits);
    this.#isRunning = true;
    try {
      await this.#ort.callAsync("RunWithBinding", this.#session, null, binding);
      this.#ort.call("SynchronizeBoundOutputs", binding);
      return this.#logits.read(shape);
    } finally {
      this.#isRunning = false;
      this.#ort.call("BindOutput", binding, this.#graph.names.logits, this.#logits.oneRow); // else it keeps `logits`
      this.#ort.release("ReleaseValue", logits);
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
    this.#bindings.set(key, binding);
    const rows = this.#kvCache.viewRows(firstRow, numRows);
    this.#graph.kv.forEach(({ past, present }, i) => {
      this.#ort.call("BindInput", binding, past, rows[i]);
      this.#ort.call("BindOutput", binding, present, rows[i]);
      this.#ort.release("ReleaseValue", rows[i]!);
    });
    return binding;
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
