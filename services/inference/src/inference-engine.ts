import type { EngineModel, GenerationEvent, GenerationRequest } from "./engine/generation.ts";
import type { ModelRunner } from "./engine/model-runner.ts";
import { Sampler } from "./engine/sampler.ts";
import { type Schedule, Scheduler, type SequenceUpdate } from "./engine/scheduler.ts";
import { type SampledToken, Sequence } from "./engine/sequence.ts";
import type { StepPlan } from "./engine/step-plan.ts";
import { InferenceError } from "./errors.ts";
import { GenerationStream } from "./generation-stream.ts";

/** What `AdminService.GetLoad` tells of one engine. */
export interface EngineLoad {
  readonly running: number;
  readonly waiting: number;
  readonly waitingTokens: number;
  readonly maxNumSeqs: number;
  readonly maxWaiting: number;
  /** 0 to 1. */
  readonly kvCacheUsage: number;
}

/** Hears of each token of a reply as it is drawn: sooner than its text is sent, and also if it never is. */
export type OnToken = () => void;

/** Generates text with one model: the async owner of a scheduler and a model runner. */
export interface InferenceEngine {
  /**
   * Streams one reply. Ends the sequence before the next step when the signal aborts or the caller leaves the loop.
   * @throws InferenceError QUEUE_FULL at once, QUEUE_TIMEOUT while waiting, PROMPT_TOO_LONG, DRAINING once closed; the
   * signal's reason when it aborts; Error when the model's pass failed
   */
  generate(request: GenerationRequest, signal: AbortSignal, onToken?: OnToken): AsyncIterable<GenerationEvent>;
  load(): EngineLoad;
  /** Ends what runs and gives the memory back. */
  close(): Promise<void>;
}

export interface InferenceEngineOptions {
  /** The engine's own from now on: it closes it. */
  readonly runner: ModelRunner;
  readonly model: EngineModel;
  /** Most requests that wait for a row, beside those that free rows will take. */
  readonly maxWaiting: number;
  /** Most prompt tokens that wait. One prompt alone may be longer. */
  readonly maxWaitingTokens: number;
  /** Most prompt tokens computed between two decode steps. Default 128. */
  readonly prefillChunkTokens?: number;
  /** A clock in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
}

/** Within the 64 to 256 that compute fastest, and a stall of decoding people do not notice with a small model. */
const PREFILL_CHUNK_TOKENS = 128;

/** Makes the engine of one model. Idle, it holds no timer and costs nothing. */
export function createInferenceEngine(options: InferenceEngineOptions): InferenceEngine {
  return new SteppingEngine(options);
}

/**
 * Steps as long as there is work. The scheduler changes between passes only. A pass is started before the last one's tokens
 * are handed out, so that callers work while the model does.
 */
class SteppingEngine implements InferenceEngine {
  readonly #runner: ModelRunner;
  readonly #model: EngineModel;
  readonly #maxWaiting: number;
  readonly #now: () => number;
  readonly #scheduler: Scheduler;
  readonly #sampler: Sampler;
  readonly #streams = new Map<Sequence, GenerationStream>();
  #leaving: Sequence[] = [];
  #stepping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: InferenceEngineOptions) {
    const { runner, maxWaiting, maxWaitingTokens, prefillChunkTokens = PREFILL_CHUNK_TOKENS } = options;
    const { maxNumSeqs } = runner;
    this.#runner = runner;
    this.#model = options.model;
    this.#maxWaiting = maxWaiting;
    this.#now = options.now ?? (() => performance.now());
    this.#scheduler = new Scheduler({ maxNumSeqs, maxWaiting, maxWaitingTokens, prefillChunkTokens });
    this.#sampler = new Sampler(runner.vocabSize);
  }

  async *generate(
    request: GenerationRequest,
    signal: AbortSignal,
    onToken?: OnToken,
  ): AsyncGenerator<GenerationEvent, void> {
    signal.throwIfAborted();
    const { sequence, stream } = this.#submit(request, onToken);
    const onAbort = () => {
      stream.abort(signal.reason);
      this.#leave(sequence);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      for (let isOver = false; !isOver; ) {
        const event = await stream.next();
        isOver = event.type === "finished";
        yield event;
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#leave(sequence);
    }
  }

  load(): EngineLoad {
    const { maxNumSeqs, maxModelLen } = this.#runner;
    return {
      running: this.#scheduler.numRunning,
      waiting: this.#scheduler.numWaiting,
      waitingTokens: this.#scheduler.numWaitingTokens,
      maxNumSeqs,
      maxWaiting: this.#maxWaiting,
      kvCacheUsage: this.#scheduler.numCachedPositions / (maxNumSeqs * maxModelLen),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const sequence of this.#streams.keys()) this.#fail(sequence, closedError());
    await this.#stepping;
    this.#runner.close();
  }

  #submit(request: GenerationRequest, onToken: OnToken | undefined): { sequence: Sequence; stream: GenerationStream } {
    if (this.#closing !== undefined) throw closedError();
    const { maxModelLen } = this.#runner;
    checkPrompt(request, maxModelLen);
    const sequence = new Sequence({ request, model: this.#model, maxModelLen, now: this.#now() });
    const full = this.#scheduler.add(sequence);
    if (full !== undefined) {
      throw new InferenceError("QUEUE_FULL", full, { retryDelayMs: this.#scheduler.retryDelayMs });
    }
    const stream = new GenerationStream(onToken);
    this.#streams.set(sequence, stream);
    this.#stepping ??= this.#stepWhileBusy();
    return { sequence, stream };
  }

  /** Takes a sequence out before the next pass; nothing once it is finished or left. */
  #leave(sequence: Sequence): void {
    if (this.#streams.delete(sequence)) this.#leaving.push(sequence);
  }

  #fail(sequence: Sequence, error: Error): void {
    this.#streams.get(sequence)?.fail(error);
    this.#leave(sequence);
  }

  async #stepWhileBusy(): Promise<void> {
    // Never done before the caller has kept the promise; and what comes in one go is planned together.
    await undefined;
    let updates: readonly SequenceUpdate[] = [];
    for (;;) {
      for (const sequence of this.#leaving.splice(0)) this.#scheduler.abort(sequence);
      const schedule = this.#scheduler.schedule(this.#now());
      const pass = schedule.plan && this.#run(schedule, schedule.plan);
      this.#publish(updates, schedule);
      // No await from finding nothing to do to saying so: a request that came in between would wait for ever.
      if (pass === undefined) break;
      updates = await pass;
    }
    this.#stepping = undefined;
  }

  /**
   * Never rejects: a pass that fails takes the running sequences with it, as their rows are in doubt, and those it
   * finished, as their last updates are lost; the rest goes on.
   */
  async #run(schedule: Schedule, plan: StepPlan): Promise<readonly SequenceUpdate[]> {
    try {
      const logits = await this.#runner.run(plan);
      return this.#scheduler.update(schedule, this.#sample(schedule.sequences, logits), this.#now());
    } catch (cause) {
      const error = new Error("the model's forward pass failed; the request may be tried again", { cause });
      for (const sequence of [...schedule.sequences, ...this.#scheduler.running()]) this.#fail(sequence, error);
      return [];
    }
  }

  #sample(sequences: readonly Sequence[], logits: Float32Array): (SampledToken | undefined)[] {
    const { vocabSize } = this.#runner;
    const sampled: (SampledToken | undefined)[] = [];
    for (let row = 0; row < logits.length / vocabSize; row++) {
      sampled.push(this.#sampleRow(sequences[row]!, logits.subarray(row * vocabSize, (row + 1) * vocabSize)));
    }
    return sampled;
  }

  /** Broken numbers in one row end that sequence alone. */
  #sampleRow(sequence: Sequence, logits: Float32Array): SampledToken | undefined {
    try {
      const tokenId = this.#sampler.sample(logits, sequence.sampling);
      const { logprobs } = sequence.request;
      this.#streams.get(sequence)?.onToken?.();
      return {
        tokenId,
        logprobs: logprobs === undefined ? undefined : this.#sampler.logprobs(logits, tokenId, logprobs),
      };
    } catch (cause) {
      this.#fail(sequence, new Error("no token could be drawn from the model's logits", { cause }));
      return undefined;
    }
  }

  #publish(updates: readonly SequenceUpdate[], { timedOut, admitted }: Schedule): void {
    for (const update of updates) this.#publishUpdate(update);
    for (const sequence of timedOut) this.#fail(sequence, this.#queueTimeout(sequence));
    if (admitted === undefined) return;
    this.#streams.get(admitted)!.push({ type: "started", queueTimeMs: admitted.queueTimeMs });
  }

  #publishUpdate({ sequence, delta, finished }: SequenceUpdate): void {
    const stream = this.#streams.get(sequence);
    if (delta !== undefined) stream?.push({ type: "delta", ...delta });
    if (finished === undefined) return;
    stream?.push({ type: "finished", ...finished });
    this.#streams.delete(sequence);
  }

  #queueTimeout({ request }: Sequence): InferenceError {
    const message = `no place came free within max_queue_time (${request.maxQueueTimeMs} ms); try again later or wait longer`;
    return new InferenceError("QUEUE_TIMEOUT", message, { retryDelayMs: this.#scheduler.retryDelayMs });
  }
}

function checkPrompt({ promptTokenIds }: GenerationRequest, maxModelLen: number): void {
  const { length } = promptTokenIds;
  if (length === 0) throw promptError("INVALID_ARGUMENT", "has no tokens; it needs at least 1");
  if (length < maxModelLen) return;
  const description = `has ${length} tokens; the context of ${maxModelLen} must leave room for one of the reply`;
  throw promptError("PROMPT_TOO_LONG", description);
}

function promptError(code: "INVALID_ARGUMENT" | "PROMPT_TOO_LONG", description: string): InferenceError {
  return new InferenceError(code, `the prompt ${description}`, { fieldViolations: [{ field: "prompt", description }] });
}

function closedError(): InferenceError {
  return new InferenceError("DRAINING", "the model is being unloaded; try again");
}
