import type { Logger } from "pino";
import type { BotErrorCode } from "../port/bot-error.ts";
import type { ReplyEnd, ReplyStats } from "../port/reply.ts";

/** One message and what became of it. */
export interface Exchange {
  readonly workspace: string;
  readonly conversation: string;
  readonly eventId: string;
  readonly authorId: string;
  readonly replyId: string;
  readonly question: string;
  /** What was written, a failed reply's part included. */
  readonly reply: string;
  readonly outcome: ReplyEnd | BotErrorCode;
  /** Absent when the reply did not reach its end. */
  readonly stats: ReplyStats | undefined;
  /** From the message to the end of the reply. */
  readonly totalMs: number;
}

/** Where exchanges are recorded. Must not throw. */
export interface Transcript {
  record(exchange: Exchange): void;
}

/** One log line an exchange, with its figures and without anyone's words. */
export function createLogTranscript(logger: Logger): Transcript {
  return {
    record: ({ question, reply, stats, ...exchange }) =>
      logger.info({ ...exchange, ...stats, questionLength: question.length, replyLength: reply.length }, "exchange"),
  };
}

/** Records in each of the transcripts. */
export function joinTranscripts(...transcripts: readonly Transcript[]): Transcript {
  return {
    record: (exchange) => {
      for (const transcript of transcripts) transcript.record(exchange);
    },
  };
}
