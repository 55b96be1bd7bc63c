import {
  Finished,
  FinishReason,
  type GenerateResponse,
  type LoadModelResponse,
  type Model,
  ModelState,
  Started,
} from "@cria/proto";
import type { GenerateOptions, InferenceClient } from "../inference/inference-client.ts";
import { BotError } from "../port/bot-error.ts";
import { fakeModel } from "./fake-model.ts";

/** What one Generate does, in the order of the fields. */
export interface FakeReply {
  /** Fails before anything is sent. */
  readonly refusal?: Error;
  /** Waits before its first message, as in a queue. */
  readonly queue?: Promise<void>;
  /** Deltas; an asynchronous iterable decides when each comes. */
  readonly chunks?: readonly string[] | AsyncIterable<string>;
  /** Waits after its deltas; never ends without an abort when it never resolves. */
  readonly hold?: Promise<void>;
  /** Fails after its deltas. */
  readonly failure?: Error;
  /** Default EOS. */
  readonly finishReason?: FinishReason;
  /** Default: the length of all deltas. */
  readonly textLength?: number;
}

/** An inference service without a service: models and replies as scripted; without a script it repeats the last words it was given. */
export class FakeInferenceClient implements InferenceClient {
  models: Model[];
  /** Every Generate, in order. */
  readonly requests: GenerateOptions[] = [];
  /** Progress that each load reports, in order; a load marks its model as loaded. */
  loadSteps: readonly { readonly loadedBytes: number; readonly totalBytes: number }[] = [];
  /** Loads wait for it after their last step. */
  loadHold: Promise<void> | undefined;
  /** Fails the next loads, one each. */
  readonly loadFailures: Error[] = [];
  /** What `queueLength` answers. */
  ahead = 0;
  readonly #script: FakeReply[] = [];
  readonly #watchers = new Set<(isServing: boolean) => void>();
  #isServing = true;

  constructor(models: readonly Model[] = [fakeModel()]) {
    this.models = [...models];
  }

  /** The next Generates do this, one each. */
  script(...replies: readonly FakeReply[]): void {
    this.#script.push(...replies);
  }

  /** Goes away or comes back: away, every call fails as when the service is down. */
  setServing(isServing: boolean): void {
    this.#isServing = isServing;
    for (const onChange of this.#watchers) onChange(isServing);
  }

  async listModels(): Promise<readonly Model[]> {
    this.#checkServing();
    return this.models;
  }

  async *loadModel(name: string, signal: AbortSignal): AsyncIterable<LoadModelResponse> {
    this.#checkServing();
    for (const step of this.loadSteps) {
      signal.throwIfAborted();
      yield { ...step, model: undefined };
    }
    await unlessAborted(this.loadHold, signal);
    const failure = this.loadFailures.shift();
    if (failure) throw failure;
    this.models = this.models.map((model) => (model.name === name ? { ...model, state: ModelState.LOADED } : model));
  }

  async *generate(request: GenerateOptions, signal: AbortSignal): AsyncIterable<GenerateResponse> {
    this.requests.push(request);
    this.#checkServing();
    const reply = this.#script.shift() ?? { chunks: [lastWords(request)] };
    if (reply.refusal) throw reply.refusal;
    await unlessAborted(reply.queue, signal);
    yield { event: { $case: "started", value: Started.fromPartial({ promptTokens: 12, cachedTokens: 4 }) } };
    const chunks: string[] = [];
    for await (const text of reply.chunks ?? []) {
      signal.throwIfAborted();
      chunks.push(text);
      yield { event: { $case: "delta", value: { text, tokenIds: [0], logprobs: [] } } };
    }
    await unlessAborted(reply.hold, signal);
    if (reply.failure) throw reply.failure;
    yield { event: { $case: "finished", value: finished(reply, chunks) } };
  }

  async queueLength(): Promise<number> {
    return this.ahead;
  }

  watchHealth(onChange: (isServing: boolean) => void): () => void {
    this.#watchers.add(onChange);
    onChange(this.#isServing);
    return () => this.#watchers.delete(onChange);
  }

  close(): void {}

  #checkServing(): void {
    if (!this.#isServing) throw new BotError("SERVICE_UNAVAILABLE", "The model service cannot be reached just now.");
  }
}

/** Without the name of who said them. */
function lastWords({ prompt }: GenerateOptions): string {
  const words = prompt.findLast(({ literal }) => literal)?.text ?? "";
  return words.replace(/^ ?[\w ]+: /, "");
}

function finished({ finishReason, textLength }: FakeReply, chunks: readonly string[]): Finished {
  return Finished.fromPartial({
    finishReason: finishReason ?? FinishReason.EOS,
    textLength: textLength ?? chunks.join("").length,
    usage: { promptTokens: 12, cachedTokens: 4, completionTokens: chunks.length + 1 },
    timings: {
      queue: { nanos: 1e6 },
      prefill: { nanos: 5e6 },
      timeToFirstToken: { nanos: 6e6 },
      decode: { nanos: 9e6 },
    },
  });
}

async function unlessAborted(wait: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!wait) return;
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    wait.then(resolve, reject);
  });
}
