import { setTimeout as wait } from "node:timers/promises";
import { FakeInferenceClient } from "@cria/bot-core/testing";
import { Finished, FinishReason, type GenerateResponse, Started } from "@cria/proto";

const TOKENS = 600;
/** 25 tokens a second: a small model on a CPU that many share. */
const TOKEN_MS = 40;

/** A service that streams the same long text to everyone, a token at a time. */
export class StreamingInference extends FakeInferenceClient {
  readonly text = tokens().join("");

  override async *generate(_: unknown, signal: AbortSignal): AsyncIterable<GenerateResponse> {
    yield { event: { $case: "started", value: Started.fromPartial({ promptTokens: 12 }) } };
    for (const text of tokens()) {
      await wait(TOKEN_MS, undefined, { signal });
      yield { event: { $case: "delta", value: { text, tokenIds: [], logprobs: [] } } };
    }
    const usage = { promptTokens: 12, completionTokens: TOKENS };
    const finished = { finishReason: FinishReason.EOS, textLength: this.text.length, usage, timings: {} };
    yield { event: { $case: "finished", value: Finished.fromPartial(finished) } };
  }
}

/** Sentences, and a fence: what a split may break. */
function tokens(): string[] {
  return Array.from({ length: TOKENS }, (_, index) => {
    if (index === 200) return "\n\n```js\n";
    if (index > 200 && index < 400) return `line(${index});\n`;
    if (index === 400) return "```\n\n";
    return index % 12 === 11 ? `word${index}. ` : `word${index} `;
  });
}
