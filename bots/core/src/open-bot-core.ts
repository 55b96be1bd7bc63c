import type { Logger } from "pino";
import { type BotCoreOptions, createBotCore } from "./bot-core.ts";
import type { Stores } from "./conversation/stores.ts";
import { createInferenceClient } from "./inference/grpc-inference-client.ts";
import type { InferenceClient } from "./inference/inference-client.ts";
import { createMemoryStores } from "./memory/memory-stores.ts";
import type { BotCore } from "./port/bot.ts";
import { DEFAULT_WORDS } from "./port/words.ts";
import type { CoreConfig } from "./process/config.ts";
import { createLogTranscript } from "./records/transcript.ts";
import { connectRedis, type RedisConnection } from "./redis/redis-connection.ts";
import { createRedisFeedback } from "./redis/redis-feedback.ts";
import { createRedisQuotaStore } from "./redis/redis-quota-store.ts";
import { createRedisStoresOver } from "./redis/redis-stores.ts";
import { createRedisTranscript, joinTranscripts } from "./redis/redis-transcript.ts";

/** A core and what it is made of. */
export interface OpenBotCore {
  readonly core: BotCore;
  readonly stores: Stores;
  readonly inference: InferenceClient;
  /** Undefined where memory lives in the process. Closed with the core. */
  readonly redis: RedisConnection | undefined;
  close(): Promise<void>;
}

/** The whole core as the configuration says: with a Redis everything kept is there, without one in this process. */
export async function openBotCore(
  config: CoreConfig,
  { logger, words = DEFAULT_WORDS }: Pick<BotCoreOptions, "logger" | "words">,
): Promise<OpenBotCore> {
  const inference = createInferenceClient({ address: config.inferenceAddress, token: config.token });
  const redis = config.redisUrl === undefined ? undefined : await connectRedis(config.redisUrl, logger);
  const { roundsTtlMs, window, access, quotaLimits } = config;
  const stores = redis ? createRedisStoresOver(redis, { roundsTtlMs }) : createMemoryStores({ roundsTtlMs });
  const kept = redis ? keptInRedis(config, redis, logger) : {};
  const core = createBotCore({ stores, inference, logger, words, window, access, quotaLimits, ...kept });
  return {
    core,
    stores,
    inference,
    redis,
    close: async () => {
      inference.close();
      await stores.close();
    },
  };
}

function keptInRedis(
  { transcriptTtlMs, hasTranscriptText, feedbackTtlMs }: CoreConfig,
  redis: RedisConnection,
  logger: Logger,
): Pick<BotCoreOptions, "quotas" | "feedback" | "transcript"> {
  const log = createLogTranscript(logger);
  const stream = createRedisTranscript({ redis, logger, ttlMs: transcriptTtlMs, hasText: hasTranscriptText });
  return {
    quotas: createRedisQuotaStore(redis),
    feedback: createRedisFeedback(redis, feedbackTtlMs),
    transcript: transcriptTtlMs === 0 ? log : joinTranscripts(log, stream),
  };
}
