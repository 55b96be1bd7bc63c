import {
  durationToMs,
  type Finished,
  FinishReason,
  type GenerateResponse,
  type Model,
  ModelState,
  type PromptSegment,
} from "@cria/proto";
import type { GenerateOptions, InferenceClient } from "../inference/inference-client.ts";
import { checkUsable, type ModelInUse, maxTokensOf, weightsOwner } from "../inference/models.ts";
import { BotError } from "../port/bot-error.ts";
import type { Reply, ReplyEnd, ReplyStats } from "../port/reply.ts";
import type { Prompt } from "../prompt/prompt.ts";
import { type ThoughtTags, thoughtBegun } from "../text/thoughts.ts";
import { FIRST_LOOK_MS, reportQueue } from "./queue-status.ts";
import type { ReplyText, WholeReply } from "./reply-text.ts";
import { retry } from "./retry.ts";

/** What a reply is made of. */
export interface StreamReplyOptions {
  readonly inference: InferenceClient;
  /** As they were listed a moment ago; another try lists them anew. */
  readonly models: Promise<readonly Model[]>;
  readonly reply: Reply;
  /** Chooses the model among those there are. May throw. */
  readonly choose: (models: readonly Model[]) => ModelInUse;
  /** Longest reply in tokens where the model's folder does not say. */
  readonly maxTokens: number;
  readonly prompt: (model: Model) => Prompt;
  /** Whom the fair share is counted for. */
  readonly tenant: string;
  /** Who share cached prefixes. */
  readonly cacheSalt: string;
  /** Receives the text as it comes; after a failure it holds what was written. */
  readonly text: ReplyText;
  /** Hears how many tokens the service read and wrote, however its answer ended; of each attempt. */
  readonly onTokens: (tokens: number) => void;
}

/** How a reply ended. */
export interface StreamedReply {
  readonly end: ReplyEnd;
  readonly text: string;
  /** Absent when it was stopped. */
  readonly stats: ReplyStats | undefined;
  /** As of `ModelInUse`. */
  readonly note?: string | undefined;
}

/**
 * Chooses the model, loads it, and streams its answer into the reply, up to the end but without finishing the reply.
 * Tries again while nothing was shown. Throws a `BotError`; a stopped reply is no failure.
 */
export async function streamReply(options: StreamReplyOptions): Promise<StreamedReply> {
  const { signal } = options.reply;
  const { text } = options;
  try {
    let models: Promise<readonly Model[]> | undefined = options.models;
    const attempt = async () => {
      const listing = models ?? options.inference.listModels();
      models = undefined;
      const listed = await listing;
      return await attemptReply(options, listed);
    };
    return await retry(attempt, { signal, mayRetry: () => !text.hasShown });
  } catch (error) {
    if (signal.aborted) return { end: "stopped", text: text.shown, stats: undefined };
    throw text.hasShown ? cutShort(error) : error;
  }
}

async function attemptReply(options: StreamReplyOptions, models: readonly Model[]): Promise<StreamedReply> {
  const { inference, reply, text } = options;
  const { model, note } = options.choose(models);
  checkUsable(model);
  const { segments, stop } = options.prompt(model);
  text.clear(openedThought(segments));
  if (model.state !== ModelState.LOADED) await loadModel(inference, model.name, reply);
  const { tenant, cacheSalt } = options;
  const request = { model: model.name, prompt: segments, tenant, cacheSalt };
  const finished = await generate(
    options,
    { ...request, stopping: stopping(stop, maxTokensOf(model, options.maxTokens)) },
    weightsOwner(models, model),
  );
  const whole = text.end(finished.textLength);
  if (whole.text === "") throw new BotError("EMPTY_REPLY", whole.thoughtWords > 0 ? onlyThought(whole) : "");
  if (whole.rest !== "") await reply.append(whole.rest);
  const stats = replyStats(model.name, finished, whole.thoughtWords);
  return { end: replyEnd(finished), text: whole.text, stats, note };
}

function openedThought(segments: readonly PromptSegment[]): ThoughtTags | undefined {
  const last = segments.at(-1);
  return last && !last.literal ? thoughtBegun(last.text) : undefined;
}

const onlyThought = ({ thoughtWords }: WholeReply) =>
  `The model thought for ${thoughtWords} words and came to no answer. Ask again, or for less.`;

const stopping = (stop: string[], maxTokens: number) => ({
  stop,
  maxTokens,
  stopTokenIds: [],
  ignoreModelStop: false,
  ignoreEos: false,
  ignoreRepetition: false,
});

async function loadModel(inference: InferenceClient, model: string, reply: Reply): Promise<void> {
  for await (const { loadedBytes, totalBytes } of inference.loadModel(model, reply.signal)) {
    await reply.status({ type: "loading", model, loadedBytes, totalBytes });
  }
}

async function generate(options: StreamReplyOptions, request: GenerateOptions, queueOf: string): Promise<Finished> {
  const { inference, reply } = options;
  const started = new AbortController();
  const report = () =>
    void reportQueue(
      () => inference.queueLength(queueOf),
      (ahead) => reply.status({ type: "queued", ahead }),
      AbortSignal.any([started.signal, reply.signal]),
    );
  const reporting = setTimeout(report, FIRST_LOOK_MS);
  let tokens = 0;
  try {
    for await (const { event } of inference.generate(request, reply.signal)) {
      clearTimeout(reporting);
      started.abort("started");
      tokens = tokensAfter(event, tokens);
      if (event?.$case === "finished") return event.value;
      await showEvent(event, options);
    }
  } finally {
    clearTimeout(reporting);
    started.abort("started");
    if (tokens > 0) options.onTokens(tokens);
  }
  reply.signal.throwIfAborted();
  throw new BotError("INTERNAL", "The model service ended the reply without saying why. Try again.");
}

/** Prompt and completion tokens so far; not every engine names the tokens of a delta. */
function tokensAfter(event: GenerateResponse["event"], tokens: number): number {
  switch (event?.$case) {
    case "started":
      return event.value.promptTokens;
    case "delta":
      return tokens + Math.max(1, event.value.tokenIds.length);
    case "finished":
      return event.value.usage ? event.value.usage.promptTokens + event.value.usage.completionTokens : tokens;
    default:
      return tokens;
  }
}

async function showEvent(event: GenerateResponse["event"], { reply, text }: StreamReplyOptions): Promise<void> {
  if (event?.$case === "started") {
    const { promptTokens, cachedTokens } = event.value;
    await reply.status({ type: "reading", promptTokens, cachedTokens });
  }
  if (event?.$case !== "delta") return;
  const wasThinking = text.isThinking;
  const visible = text.push(event.value.text);
  if (visible !== "") await reply.append(visible);
  if (text.isThinking && !wasThinking) await reply.status({ type: "thinking" });
}

/** A service that goes away in the middle of a reply is another story than one that was never there. */
function cutShort(error: unknown): unknown {
  if (
    !(error instanceof BotError) ||
    !["SERVICE_UNAVAILABLE", "DRAINING", "ENGINE_FAILED", "INTERNAL"].includes(error.code)
  )
    return error;
  const message =
    "The model service stopped in the middle of this reply. What it wrote is kept; ask again in a moment.";
  return new BotError(error.code, message, { cause: error });
}

const ENDS: Readonly<Record<FinishReason, ReplyEnd>> = {
  [FinishReason.UNSPECIFIED]: "complete",
  [FinishReason.EOS]: "complete",
  [FinishReason.STOP]: "complete",
  [FinishReason.MAX_TOKENS]: "length",
  [FinishReason.CONTEXT_FULL]: "contextFull",
  [FinishReason.TIME_BUDGET]: "timeBudget",
  [FinishReason.REPETITION]: "repetition",
};

/** How a reply ended, as platforms know it. */
function replyEnd({ finishReason }: Finished): ReplyEnd {
  return ENDS[finishReason];
}

/** The figures of a finished reply. */
function replyStats(model: string, { usage, timings }: Finished, thoughtWords: number): ReplyStats {
  return {
    model,
    ...(thoughtWords > 0 && { thoughtWords }),
    promptTokens: usage?.promptTokens ?? 0,
    cachedTokens: usage?.cachedTokens ?? 0,
    completionTokens: usage?.completionTokens ?? 0,
    queueMs: durationToMs(timings?.queue),
    modelLoadMs: durationToMs(timings?.modelLoad),
    prefillMs: durationToMs(timings?.prefill),
    timeToFirstTokenMs: durationToMs(timings?.timeToFirstToken),
    decodeMs: durationToMs(timings?.decode),
  };
}
