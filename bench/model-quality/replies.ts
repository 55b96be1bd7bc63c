import type { Conversation } from "../../bots/core/src/prompt/conversation.ts";
import type { FinishReason } from "../../services/inference/src/engine/generation.ts";
import type { SamplingParams, StoppingCriteria } from "../../services/inference/src/engine/sampling/sampling-params.ts";
import { engineModel } from "../../services/inference/src/generation/engine-model.ts";
import { InferenceEngine } from "../../services/inference/src/generation/inference-engine.ts";
import { DEFAULT_SAMPLING } from "../../services/inference/src/registry/model-catalog.ts";
import { MAX_MODEL_LEN, promptOf, type Subject } from "./subject.ts";

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
  return new InferenceEngine({
    runner,
    maxWaiting: 10_000,
    maxWaitingTokens: 10_000_000,
    model: engineModel(tokenizer),
  });
}

/** How a reply is made. */
export interface ReplyOptions {
  readonly sampling: SamplingParams;
  /** Default: the model's tokens at most, its stop strings and the prompt format's. */
  readonly stopping?: Partial<StoppingCriteria>;
}

/** Answers one message. Same seed, same reply. */
export async function reply(
  engine: InferenceEngine,
  subject: Subject,
  conversation: Conversation,
  { sampling, stopping = {} }: ReplyOptions,
): Promise<Reply> {
  const { tokenIds, stop } = await promptOf(subject, conversation);
  const request = {
    promptTokenIds: tokenIds,
    cacheSalt: "",
    maxModelLen: MAX_MODEL_LEN,
    sampling,
    stopping: {
      maxTokens: subject.folder.manifest.maxTokens ?? 256,
      stop,
      stopTokenIds: [],
      ignoreEos: false,
      ignoreRepetition: false,
      ...stopping,
    },
    tenant: "",
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
