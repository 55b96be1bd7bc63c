import type { EngineModel, GenerationEvent, GenerationRequest } from "../engine/generation.ts";
import { PromptLookup } from "../engine/lookup/prompt-lookup.ts";
import type { ModelRunner } from "../engine/model-runner.ts";
import { PrefillPacer } from "../engine/prefill/prefill-pacer.ts";
import { Sampler } from "../engine/sampling/sampler.ts";
import { Scheduler } from "../engine/scheduler.ts";
import { Sequence } from "../engine/sequence.ts";
import { checkPrompt, closedError, failedError } from "./engine-errors.ts";
import type { GenerationStream } from "./generation-stream.ts";
import type { GeneratorLoad, OnToken } from "./generator.ts";
import { type InferenceEngineOptions, ITL_TARGET_MS, NOBODY } from "./inference-engine-options.ts";
import type { GeneratorHealth } from "./pass-health.ts";
import { Replies } from "./replies.ts";
import { StepLoop } from "./step-loop.ts";

/** Generates text with one model: the async owner of a scheduler and a model runner. */
export class InferenceEngine {
  readonly #runner: ModelRunner;
  readonly #model: EngineModel;
  readonly #maxWaiting: number;
  readonly #now: () => number;
  readonly #scheduler: Scheduler;
  readonly #loop: StepLoop;
  #closing: Promise<void> | undefined;

  constructor(options: InferenceEngineOptions) {
    const { runner, model, maxWaiting, now = () => performance.now(), observer = NOBODY } = options;
    this.#runner = runner;
    this.#model = model;
    this.#maxWaiting = maxWaiting;
    this.#now = now;
    this.#scheduler = createScheduler(options);
    const sampler = new Sampler(Math.min(model.vocabSize, runner.vocabSize));
    const replies = new Replies(model);
    this.#loop = new StepLoop({ runner, scheduler: this.#scheduler, sampler, replies, observer, now });
  }

  /**
   * Streams one reply. Ends the sequence before the next step when the signal aborts or the caller leaves the loop.
   * @throws InferenceError QUEUE_FULL at once, QUEUE_TIMEOUT while waiting, PROMPT_TOO_LONG, DRAINING once closed,
   * ENGINE_FAILED when the model's pass did; the signal's reason when it aborts
   */
  async *generate(request: GenerationRequest, signal: AbortSignal, onToken?: OnToken): AsyncIterable<GenerationEvent> {
    signal.throwIfAborted();
    const { sequence, stream } = this.#submit(request, onToken);
    const onAbort = () => {
      stream.abort(signal.reason);
      this.#loop.leave(sequence);
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
      this.#loop.leave(sequence);
    }
  }

  get health(): GeneratorHealth {
    return this.#loop.health;
  }

  load(): GeneratorLoad {
    const { maxNumSeqs, maxModelLen } = this.#runner;
    return {
      running: this.#scheduler.numRunning,
      waiting: this.#scheduler.numWaiting,
      waitingTokens: this.#scheduler.numWaitingTokens,
      waitingTenants: this.#scheduler.numWaitingTenants,
      maxNumSeqs,
      maxWaiting: this.#maxWaiting,
      kvCacheUsage: this.#scheduler.numCachedPositions / (maxNumSeqs * maxModelLen),
    };
  }

  /** Ends what runs and gives the memory back. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#loop.stop(closedError());
    await this.#runner.close();
  }

  #submit(request: GenerationRequest, onToken: OnToken | undefined): { sequence: Sequence; stream: GenerationStream } {
    if (this.#closing !== undefined) throw closedError();
    if (this.health === "failed") throw failedError();
    const maxModelLen = Math.min(request.maxModelLen, this.#runner.maxModelLen);
    checkPrompt(request, maxModelLen);
    const sequence = new Sequence({ request, model: this.#model, maxModelLen, now: this.#now() });
    return { sequence, stream: this.#loop.add(sequence, onToken) };
  }
}

function createScheduler({ runner, maxWaiting, maxWaitingTokens, ...options }: InferenceEngineOptions): Scheduler {
  const { maxNumSeqs, prefixCache, idleRowTokens } = runner;
  const { itlTargetMs = ITL_TARGET_MS, promptLookup = false } = options;
  const pacer = new PrefillPacer(itlTargetMs);
  const drafter = promptLookup ? new PromptLookup<Sequence>() : undefined;
  return new Scheduler({ maxNumSeqs, prefixCache, idleRowTokens, maxWaiting, maxWaitingTokens, pacer, drafter });
}
