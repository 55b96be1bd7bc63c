import type { ModelRunner, PassOptions } from "../engine/model-runner.ts";
import { type BlockSave, checkPlan, type StepPlan } from "../engine/step-plan.ts";
import { InferenceError } from "../errors.ts";
import { DEFAULT_GRAPH_NAMES, type GraphNames } from "../model-folder/graph/graph-names.ts";
import type { BlockStore } from "./block-store.ts";
import { DecoderInputs, type PassShape } from "./decoder-inputs.ts";
import type { DeviceMutex } from "./device-mutex.ts";
import { type DecoderGraph, readDecoderGraph } from "./graph/decoder-graph.ts";
import { KvCache } from "./kv-cache.ts";
import { LogitsOutput } from "./logits-output.ts";
import { BLOCK_TOKENS, ModelBlocks } from "./model-blocks.ts";
import { DisposableStack } from "./ort/disposable-stack.ts";
import type { Device } from "./ort/execution-provider.ts";
import { deviceMemory, hostMemory, returnFreeMemory } from "./ort/memory.ts";
import type { Ort, OrtPointer } from "./ort/ort-api.ts";
import { openSession } from "./ort/ort-session.ts";
import { isInHostMemory } from "./ort/providers.ts";
import { RowBindings } from "./row-bindings.ts";

export interface SessionRunnerOptions {
  readonly graphFile: string;
  /** What the graph calls its inputs and outputs, where that is not the usual. */
  readonly names?: GraphNames | undefined;
  readonly device: Device;
  readonly mutex: DeviceMutex;
  /** Threads of one pass. Default: the physical cores. */
  readonly numThreads?: number | undefined;
  readonly maxNumSeqs: number;
  readonly maxModelLen: number;
  readonly weightBytes: number;
  /** Where blocks of rows are kept, and the name of the model there. Default: nowhere. */
  readonly blocks?: { readonly store: BlockStore; readonly revision: string } | undefined;
}

/**
 * An idle row took as long as copying a thirtieth (135M) to a fiftieth (1.1B) of the weights' bytes, of whose size its
 * arithmetic is: decode steps of 8 rows and of 4, and copies at 2.5 GB/s.
 */
const IDLE_ROW_SHARE = 1 / 32;

/** Opens a session over a decoder's graph and makes its KV cache; what fails halfway holds no memory. */
export async function openSessionRunner(ort: Ort, options: SessionRunnerOptions): Promise<SessionRunner> {
  const { graphFile, names = DEFAULT_GRAPH_NAMES, device, mutex, numThreads } = options;
  const owned = new DisposableStack();
  try {
    const session = await mutex.runExclusive(() => openSession(ort, { graphFile, device, numThreads, owned }));
    const graph = readDecoderGraph(session, names);
    const runner = new SessionRunner(ort, { ...options, session: session.pointer, graph, owned });
    await tryOut(runner, graphFile);
    return runner;
  } catch (error) {
    await giveBack(mutex, owned);
    throw error;
  }
}

/** In turn on the device: another model's pass or load may be under way, which some devices do not bear. */
function giveBack(mutex: DeviceMutex, owned: DisposableStack): Promise<void> {
  return mutex.runExclusive(async () => {
    owned.dispose();
    returnFreeMemory();
  });
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

function decodeAt(numComputedTokens: number): StepPlan {
  return { moves: [], rows: [{ row: 0, numComputedTokens, tokenIds: [0], numLogits: 1 }] };
}

interface OpenedSession {
  readonly session: OrtPointer;
  readonly graph: DecoderGraph;
  /** The session and what was made for it: given back when the runner closes. */
  readonly owned: DisposableStack;
}

const NO_LOGITS = Promise.resolve(new Float32Array());

/** Runs a decoder's session over a KV cache that is updated in place. */
export class SessionRunner implements ModelRunner {
  readonly vocabSize: number;
  readonly maxNumSeqs: number;
  readonly maxModelLen: number;
  readonly memoryBytes: number;
  readonly device: string;
  readonly prefixCache: ModelBlocks | undefined;
  readonly idleRowTokens: number;
  readonly #ort: Ort;
  readonly #mutex: DeviceMutex;
  readonly #session: OrtPointer;
  readonly #graph: DecoderGraph;
  readonly #owned: DisposableStack;
  readonly #kvCache: KvCache;
  readonly #inputs: DecoderInputs;
  readonly #logits: LogitsOutput;
  readonly #bindings: RowBindings;
  #isRunning = false;
  #isClosed = false;

  constructor(ort: Ort, options: SessionRunnerOptions & OpenedSession) {
    const { session, graph, owned, device, mutex, maxNumSeqs, maxModelLen, weightBytes, blocks } = options;
    const host = hostMemory(ort, owned);
    const memory = deviceMemory(ort, session, device, owned);
    this.vocabSize = graph.vocabSize;
    this.maxNumSeqs = maxNumSeqs;
    this.maxModelLen = maxModelLen;
    this.device = device.name;
    this.#ort = ort;
    this.#mutex = mutex;
    this.#session = session;
    this.#graph = graph;
    this.#owned = owned;
    this.#kvCache = new KvCache(ort, { graph, maxNumSeqs, maxModelLen, memory, owned });
    this.#inputs = new DecoderInputs(ort, { graph, maxNumSeqs, maxModelLen, host, owned });
    this.#logits = new LogitsOutput(ort, { graph, maxNumSeqs, host, owned });
    this.#bindings = new RowBindings(ort, { session, graph, kvCache: this.#kvCache, owned });
    this.memoryBytes = weightBytes + this.#kvCache.bytes;
    const canCopy = isInHostMemory(device.provider);
    this.idleRowTokens = canCopy ? (weightBytes * IDLE_ROW_SHARE) / this.#kvCache.blockBytes(1) : 0;
    const blockBytes = canCopy ? this.#kvCache.blockBytes(BLOCK_TOKENS) : 0;
    this.prefixCache = blocks && new ModelBlocks({ ...blocks, blockBytes });
  }

  async run(plan: StepPlan, { onStart, signal }: PassOptions = {}): Promise<Float32Array> {
    if (this.#isClosed) throw new Error("run() after close(): its memory is given back");
    if (this.#isRunning) throw new Error("run() during a pass: they share inputs, logits and the KV cache");
    this.#checkBounds(plan);
    // At once: until its turn comes another model's blocks may push these out.
    const pinned = this.prefixCache?.store.pin(plan.loads?.map(({ key }) => key) ?? []);
    this.#isRunning = true;
    try {
      return await this.#mutex.runExclusive(() => this.#runAlone(plan, pinned?.data ?? [], onStart), signal);
    } finally {
      this.#isRunning = false;
      pinned?.release();
    }
  }

  async close(): Promise<void> {
    if (this.#isRunning) throw new Error("close() during a pass: ONNX Runtime still writes to this memory");
    this.#isClosed = true;
    await giveBack(this.#mutex, this.#owned);
  }

  async #runAlone(
    plan: StepPlan,
    loaded: readonly OrtPointer[],
    onStart: PassOptions["onStart"],
  ): Promise<Float32Array> {
    for (const move of plan.moves) await this.#kvCache.move(move);
    for (const [i, load] of (plan.loads ?? []).entries()) await this.#kvCache.writeBlock(load, loaded[i]!);
    onStart?.();
    const pass = plan.rows.length > 0 ? this.#pass(this.#inputs.set(plan)) : NO_LOGITS;
    const saves = this.#saveAll(plan.saves ?? []);
    // Both are over before this is: nothing may touch the rows behind the next pass's back. A block that could not be copied
    // is not kept, which is no fault of the pass.
    await Promise.allSettled([pass, saves]);
    return pass;
  }

  async #saveAll(saves: readonly BlockSave[]): Promise<void> {
    for (const save of saves) await this.#save(save);
  }

  async #save(save: BlockSave): Promise<void> {
    const { store, blockBytes } = this.prefixCache!;
    await store.save(
      { ...save, bytes: blockBytes },
      { allocate: () => this.#kvCache.allocateBlock(save.length), fill: (data) => this.#kvCache.readBlock(save, data) },
    );
  }

  async #pass(shape: PassShape): Promise<Float32Array> {
    const binding = this.#bindings.of(shape);
    for (const [name, value] of this.#inputs.views(shape)) this.#ort.call("BindInput", binding, name, value);
    const ofPass = new DisposableStack();
    try {
      this.#ort.call("BindOutput", binding, this.#graph.names.logits, this.#logits.view(shape, ofPass));
      await this.#ort.callAsync("RunWithBinding", this.#session, null, binding);
      this.#ort.call("SynchronizeBoundOutputs", binding);
      return this.#logits.read(shape);
    } finally {
      ofPass.dispose();
      this.#ort.call("BindOutput", binding, this.#graph.names.logits, this.#logits.oneRow); // else it keeps the pass's
    }
  }

  /** ONNX Runtime trusts addresses: a plan beyond the cache would write over other memory. */
  #checkBounds(plan: StepPlan): void {
    checkPlan(plan);
    for (const { row, numComputedTokens, tokenIds } of plan.rows)
      this.#checkRow(row, numComputedTokens + tokenIds.length);
    for (const { from, to, length } of plan.moves) this.#checkRow(Math.max(from, to), length);
    for (const { row, start, length } of [...(plan.loads ?? []), ...(plan.saves ?? [])])
      this.#checkRow(row, start + length);
  }

  #checkRow(row: number, numPositions: number): void {
    if (row >= this.maxNumSeqs) throw new RangeError(`row ${row}; there are ${this.maxNumSeqs}`);
    if (numPositions > this.maxModelLen) {
      throw new RangeError(`${numPositions} positions; maxModelLen is ${this.maxModelLen}`);
    }
  }
}
