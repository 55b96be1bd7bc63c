import type { Conversation } from "../../bots/core/src/prompt/conversation.ts";
import type { FinishReason } from "../../services/inference/src/engine/generation.ts";
import type { SamplingParams } from "../../services/inference/src/engine/sampling-params.ts";
import { createInferenceEngine, type InferenceEngine } from "../../services/inference/src/inference-engine.ts";
import { DEFAULT_SAMPLING } from "../../services/inference/src/models/model-catalog.ts";
import { engineModel } from "../../services/inference/src/models/weights/engine-model.ts";
import { promptOf, type Subject } from "./subject.ts";

/** One reply and how it ended. */
export interface Reply {
  readonly text: string;
  readonly reason: FinishReason;
  readonly tokens: number;
}

/** A model's own sampling defaults. */
export function samplingOf({ folder }: Subject): Omit<SamplingParams, "seed"> {
  const own = Object.entries(folder.manifest.sampling ?? {}).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_SAMPLING, ...Object.fromEntries(own) };
}

/** Drives the subject's runner with the service's own engine; closing it closes the runner. */
export function createEngine({ runner, tokenizer }: Subject): InferenceEngine {
  return createInferenceEngine({
    runner,
    maxWaiting: 10_000,
    maxWaitingTokens: 10_000_000,
    model: engineModel(tokenizer),
  });
}

/** Answers one message. Same seed, same reply. */
export async function reply(
  engine: InferenceEngine,
  subject: Subject,
  conversation: Conversation,
  sampling: SamplingParams,
): Promise<Reply> {
  const { tokenIds, stop } = await promptOf(subject, conversation);
  const request = {
    promptTokenIds: tokenIds,
    sampling,
    stopping: {
      maxTokens: subject.folder.manifest.maxTokens ?? 256,
      stop,
      stopTokenIds: [],
      ignoreEos: false,
      ignoreRepetition: false,
    },
    priority: 0,
    maxQueueTimeMs: undefined,
    timeBudgetMs: undefined,
    logprobs: undefined,
  };
  let text = "";
  for await (const event of engine.generate(request, new AbortController().signal)) {
    if (event.type === "delta") text += event.text;
    if (event.type !== "finished") continue;
    return { text: text.slice(0, event.textLength), reason: event.reason, tokens: event.completionTokens };
  }
  throw new Error("the engine ended a reply without saying why");
}

/** One message without history. */
export function single(user: string): Conversation {
  return { system: "", rounds: [], message: { user }, isMerged: false };
}
