import type { GenerationEvent, TokenLogprob, TokenLogprobs } from "../engine/generation.ts";
import { InferenceError } from "../errors.ts";
import { type EncodedPrompt, encodePrompt, type PromptSegment } from "../text/prompt-encoder.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type {
  GenerationParameters,
  Generator,
  GeneratorEvent,
  GeneratorLoad,
  OnToken,
  TextLogprobs,
} from "./generator.ts";
import type { InferenceEngine } from "./inference-engine.ts";
import type { GeneratorHealth } from "./pass-health.ts";

export interface LocalGeneratorOptions {
  readonly tokenizer: Tokenizer;
  /** The generator's own from now on: it closes it. */
  readonly engine: InferenceEngine;
  /** A clock in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
}

/** Generates in this process: a tokenizer before and behind an engine. */
export function createLocalGenerator(options: LocalGeneratorOptions): Generator {
  return new LocalGenerator(options);
}

class LocalGenerator implements Generator {
  readonly #tokenizer: Tokenizer;
  readonly #engine: InferenceEngine;
  readonly #now: () => number;

  constructor({ tokenizer, engine, now = () => performance.now() }: LocalGeneratorOptions) {
    this.#tokenizer = tokenizer;
    this.#engine = engine;
    this.#now = now;
  }

  async *generate(
    segments: readonly PromptSegment[],
    parameters: GenerationParameters,
    signal: AbortSignal,
    onToken?: OnToken,
  ): AsyncGenerator<GeneratorEvent, void> {
    const calledAt = this.#now();
    const { maxModelLen, stopping } = parameters;
    const { stopTokenIds, maxTokens } = stopping;
    checkStopTokens(stopTokenIds, this.#tokenizer.vocabSize);
    const prompt = await encodePrompt(this.#tokenizer, segments, { maxModelLen, maxTokens }, signal);
    const encodeMs = this.#now() - calledAt;
    const request = { ...parameters, promptTokenIds: prompt.tokenIds };
    for await (const event of this.#engine.generate(request, signal, onToken))
      yield this.#told(event, prompt, encodeMs);
  }

  get health(): GeneratorHealth {
    return this.#engine.health;
  }

  load(): GeneratorLoad {
    return this.#engine.load();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  /** The engine's event with what the engine does not know. Runs once a token, so it does no more than it must. */
  #told(event: GenerationEvent, { tokenIds, droppedSegments }: EncodedPrompt, encodeMs: number): GeneratorEvent {
    const promptTokens = tokenIds.length;
    switch (event.type) {
      case "started":
        return { ...event, promptTokens, droppedSegments };
      case "delta":
        return { ...event, logprobs: event.logprobs.map((entry) => this.#withTexts(entry)) };
      case "finished": {
        const { cachedTokens, completionTokens, timings, ...rest } = event;
        const usage = { promptTokens, cachedTokens, completionTokens };
        const timeToFirstTokenMs = encodeMs + timings.timeToFirstTokenMs;
        return { ...rest, usage, timings: { ...timings, timeToFirstTokenMs } };
      }
    }
  }

  #withTexts({ drawn, top }: TokenLogprobs): TextLogprobs {
    const withText = (entry: TokenLogprob) => ({ ...entry, text: this.#tokenizer.tokenText(entry.tokenId) });
    return { drawn: withText(drawn), top: top.map(withText) };
  }
}

function checkStopTokens(stopTokenIds: readonly number[], vocabSize: number): void {
  const unknown = stopTokenIds.filter((tokenId) => tokenId >= vocabSize);
  if (unknown.length === 0) return;
  const field = "stopping.stop_token_ids";
  const description = `is ${unknown.join(", ")}; must be 0 to ${vocabSize - 1}`;
  throw new InferenceError("INVALID_ARGUMENT", `${field} ${description}`, {
    fieldViolations: [{ field, description }],
  });
}
