import type { Logger } from "pino";
import type { Exchange, Transcript } from "../../records/transcript.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import { addRecord } from "./redis-records.ts";

/** Most exchanges kept of a workspace: with their words about 100 MB at worst, without about 10 MB. */
export const MAX_EXCHANGES = 20_000;

/** What is kept, and for how long. */
export interface RedisTranscriptOptions {
  readonly redis: RedisConnection;
  readonly logger: Logger;
  readonly ttlMs: number;
  /** Whether people's and the model's words are kept beside the figures. */
  readonly hasText: boolean;
}

/** One entry of the workspace's stream an exchange. An entry that cannot be written is left out, and the log says so. */
export function createRedisTranscript({ redis, logger, ttlMs, hasText }: RedisTranscriptOptions): Transcript {
  return {
    record: (exchange) => {
      const key = `cria:{${exchange.workspace}}:transcript`;
      const record = hasText ? exchange : withoutText(exchange);
      addRecord(redis, key, record, { maxRecords: MAX_EXCHANGES, ttlMs }).catch((error: unknown) =>
        logger.warn({ err: error, key }, "an exchange is missing in the transcript"),
      );
    },
  };
}

function withoutText({ question, reply, ...figures }: Exchange) {
  return { ...figures, questionLength: question.length, replyLength: reply.length };
}
