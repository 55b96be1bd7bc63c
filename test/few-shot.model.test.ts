import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInferenceClient, type InferenceClient } from "@cria/bot-core";
import { type FewShotFormat, FinishReason, SamplingParams } from "@cria/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Conversation } from "../bots/core/src/prompt/conversation.ts";
import { fewShotPrompt } from "../bots/core/src/prompt/few-shot.ts";
import { toSegments } from "../bots/core/src/prompt/segments.ts";
import { freePort } from "../deploy/ports.ts";
import { untilServing } from "../deploy/readiness.ts";
import { ROOT } from "../deploy/settings.ts";
import { inferenceProcess } from "../deploy/supervisor/node-processes.ts";
import { ProcessGroup } from "../deploy/supervisor/process-group.ts";

const MODEL = "smollm2-135m-few-shot";
const manifest = JSON.parse(readFileSync(join(ROOT, "models", MODEL, "cria.json"), "utf8"));
const format: FewShotFormat = { humanTitle: "Human", aiTitle: "AI", ...manifest.promptFormat };
const GREEDY = { temperature: 0, topP: 1, repetitionPenalty: 1, frequencyPenalty: 0 };
/** More than a loop needs to show: what the model is let write where nothing stops it. */
const MAX_TOKENS = 96;

const group = new ProcessGroup(() => {});
let client: InferenceClient;
beforeAll(async () => {
  const port = await freePort("127.0.0.1");
  group.start(inferenceProcess(process.env, "127.0.0.1", port));
  client = createInferenceClient({ address: `127.0.0.1:${port}` });
  await untilServing(client, AbortSignal.timeout(30_000));
});
afterAll(async () => {
  client.close();
  await group.stop();
});

/** The likeliest reply to the next message of a conversation by examples: what was sent, and what is kept of it. */
async function converse(rounds: Conversation["rounds"], user: string, ignoreRepetition = false) {
  const { parts, stop } = fewShotPrompt(format, { system: "", rounds, message: { user }, isMerged: false });
  const request = {
    model: MODEL,
    prompt: toSegments(parts),
    sampling: SamplingParams.fromPartial(GREEDY),
    stopping: {
      maxTokens: MAX_TOKENS,
      stop,
      stopTokenIds: [],
      ignoreModelStop: false,
      ignoreEos: false,
      ignoreRepetition,
    },
  };
  let sent = "";
  for await (const { event } of client.generate(request, new AbortController().signal)) {
    if (event?.$case === "delta") sent += event.value.text;
    if (event?.$case !== "finished") continue;
    const { finishReason, textLength, usage } = event.value;
    return { sent, kept: sent.slice(0, textLength).trim(), finishReason, tokens: usage?.completionTokens };
  }
  throw new Error("the reply did not finish");
}

describe("a conversation by examples alone", () => {
  const rounds = [
    { user: "Hello!", assistant: "Hello! Hello!" },
    { user: "How are you?", assistant: "Hello! Hello!" },
  ];
  const question = "Tell me a story about a cat.";

  it("falls into repetition in its third round, which the guard ends, and cuts to what was said once", async () => {
    const unguarded = await converse(rounds, question, true);
    expect(unguarded).toMatchObject({ finishReason: FinishReason.MAX_TOKENS, tokens: MAX_TOKENS });
    const { sent, kept, finishReason, tokens } = await converse(rounds, question);
    expect(finishReason).toBe(FinishReason.REPETITION);
    expect(unguarded.sent.startsWith(sent)).toBe(true);
    expect(tokens).toBeLessThan(MAX_TOKENS / 2);
    expect(kept).toBe("Hello!");
  });

  it("goes on after it, as the cut reply is what is remembered", async () => {
    const { kept } = await converse(rounds, question);
    const next = await converse([...rounds, { user: question, assistant: kept }], "And then?");
    expect(next.finishReason).toBe(FinishReason.STOP);
  });
});
