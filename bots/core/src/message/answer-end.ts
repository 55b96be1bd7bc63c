import { uncount } from "../admission/admit.ts";
import { leftOutNote } from "../admission/attachments.ts";
import type { Question } from "../admission/question.ts";
import { workspaceKey } from "../conversation/conversation-key.ts";
import { BotError, codeOf, failureOf, tell } from "../port/bot-error.ts";
import type { Attachment } from "../port/message.ts";
import type { Exchange } from "../records/transcript.ts";
import type { StreamedReply } from "../reply/stream-reply.ts";
import type { AnswerOptions } from "./answer-options.ts";

/** An answer that comes to its end. */
export interface EndingAnswer extends AnswerOptions {
  /** As it was asked last. */
  readonly question: Question;
  /** Whether all is known that the question is about, so that it can be answered again. */
  readonly isWhole: boolean;
  readonly startedAtMs: number;
}

/** Ends the reply with what was answered. */
export async function finishAnswer(ending: EndingAnswer, { end, text, stats }: StreamedReply): Promise<void> {
  const { reply, running, memory } = ending;
  if (text === "" && (running.isDeleted || memory.hasPredecessor)) return await endQuietly(ending);
  const wasStopped = reply.signal.aborted;
  await reply.finish(end, text, stats, memory.buttons);
  await memory.noteShown(reply.shownIn ?? []);
  // Given up by the platform meanwhile, it was not shown whole.
  const isGivenUp = reply.signal.aborted && !wasStopped && !running.signal.aborted;
  record(ending, { outcome: isGivenUp ? "stopped" : end, reply: text, stats });
}

/** Ends a reply that was stopped before anything of it was to be seen. */
export async function endQuietly(ending: EndingAnswer): Promise<void> {
  const { reply, running, memory } = ending;
  if ((running.isDeleted || memory.hasPredecessor) && reply.discard) await reply.discard();
  else await reply.finish("stopped", "", undefined, memory.buttons);
  record(ending, { outcome: "stopped", reply: "", stats: undefined });
}

/** Ends the reply with what went wrong after `shown` was written; what failed can be tried again by its button. */
export async function failAnswer(ending: EndingAnswer, error: unknown, shown: string): Promise<void> {
  const { core, question, isWhole, message, memory, reply, numCounted } = ending;
  const { canPressAgain, isServiceFault } = failureOf(error);
  const code = codeOf(error);
  logFailure(ending, error);
  record(ending, { outcome: code, reply: shown, stats: undefined });
  if (isServiceFault) await uncount(core, message.place, message.author, numCounted);
  if (canPressAgain && isWhole) await memory.keep({ question, end: "failed", text: shown });
  await reply.fail(tell(error, core.words), memory.buttons, code);
}

/** What people are told of may hold their words, as a file's name: the log has its code and its cause. */
function logFailure({ core, running, eventId }: EndingAnswer, error: unknown): void {
  const log = { code: codeOf(error), conversation: running.conversation, eventId };
  if (error instanceof BotError) core.logger.warn({ ...log, err: error.cause }, "a message could not be answered");
  else core.logger.error({ ...log, err: error }, "a message could not be answered");
}

/** Writes the exchange into the transcript. */
function record(ending: EndingAnswer, result: Pick<Exchange, "outcome" | "reply" | "stats">): void {
  const { core, eventId, message, running, question, startedAtMs } = ending;
  if (running.isDeleted) return;
  core.transcript.record({
    workspace: workspaceKey(message.place),
    conversation: running.conversation,
    eventId,
    authorId: message.author.id,
    replyId: running.replyId,
    question: question.text,
    totalMs: Date.now() - startedAtMs,
    ...result,
  });
}

const FORGETTING = "My memory cannot be reached just now, so I will not remember this exchange.";

/** What there is to say beside an answer. */
interface Notes {
  /** Of the model that answered. */
  readonly model: string | undefined;
  readonly attachments: readonly Attachment[];
  readonly isKept: boolean;
}

/** What people are to know beside an answer and memory is not, as Markdown to go under it; "" for nothing. */
export function notesUnder({ model, attachments, isKept }: Notes): string {
  const leftOut = attachments.length > 0 ? leftOutNote(attachments) : undefined;
  const notes = [model, leftOut, isKept ? undefined : FORGETTING];
  return notes.flatMap((note) => (note === undefined ? [] : `\n\n*${note}*`)).join("");
}
