import { conversationKey } from "../conversation/conversation-key.ts";
import { BotError, codeOf, failureOf, tell } from "../port/bot-error.ts";
import type { StreamedReply } from "../reply/stream-reply.ts";
import { recordExchange } from "./after-reply.ts";
import type { AnswerMemory } from "./answer-memory.ts";
import type { AnswerOptions } from "./answer-options.ts";
import type { Question } from "./question.ts";

/** An answer that comes to its end. */
export interface EndingAnswer {
  readonly options: AnswerOptions;
  readonly memory: AnswerMemory;
  /** As it was asked last. */
  readonly question: Question;
  readonly startedAtMs: number;
}

/** Ends the reply with what was answered. */
export async function finishAnswer(ending: EndingAnswer, { end, text, stats }: StreamedReply): Promise<void> {
  const { reply, running } = ending.options;
  if (running.isDeleted && text === "" && reply.discard) return await reply.discard();
  const wasStopped = reply.signal.aborted;
  await reply.finish(end, text, stats, ending.memory.buttons);
  // Given up by the platform meanwhile, it was not shown whole.
  const isGivenUp = reply.signal.aborted && !wasStopped && !running.signal.aborted;
  record(ending, { outcome: isGivenUp ? "stopped" : end, reply: text, stats });
}

/** Ends the reply with what went wrong after `shown` was written; what failed can be tried again by its button. */
export async function failAnswer(ending: EndingAnswer, error: unknown, shown: string): Promise<void> {
  const { options, memory, question } = ending;
  const code = codeOf(error);
  logFailure(options, error);
  record(ending, { outcome: code, reply: shown, stats: undefined });
  if (failureOf(error).canPressAgain) await memory.keep({ question, end: "failed", text: shown });
  await options.reply.fail(tell(error, options.core.words), memory.buttons, code);
}

function logFailure({ core, message }: AnswerOptions, error: unknown): void {
  const log = { err: error, conversation: conversationKey(message.place), eventId: message.eventId };
  core.logger[error instanceof BotError ? "warn" : "error"](log, "a message could not be answered");
}

function record(
  { options: { core, message, running }, question, startedAtMs }: EndingAnswer,
  result: Parameters<typeof recordExchange>[1]["result"],
): void {
  if (running.isDeleted) return;
  const { replyId } = running;
  recordExchange(core, { message, question: question.text, replyId, startedAtMs, result });
}
