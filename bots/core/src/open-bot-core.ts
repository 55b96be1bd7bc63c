import type { Logger } from "pino";
import type { AccessPolicy } from "./admission/access.ts";
import type { QuotaLimits } from "./admission/quota.ts";
import { type BotCoreOptions, createBotCore } from "./bot-core.ts";
import type { Stores } from "./conversation/stores.ts";
import { createInferenceClient } from "./inference/grpc-inference-client.ts";
import type { InferenceClient } from "./inference/inference-client.ts";
import { createMemoryStores } from "./memory/memory-stores.ts";
import type { BotCore } from "./port/bot.ts";
import { DEFAULT_WORDS } from "./port/words.ts";
import { createLogTranscript, joinTranscripts } from "./records/transcript.ts";
import { connectRedis, type RedisConnection } from "./redis/connection/redis-connection.ts";
import { createRedisFeedback } from "./redis/records/redis-feedback.ts";
import { createRedisTranscript } from "./redis/records/redis-transcript.ts";
import { createRedisQuotaStore } from "./redis/redis-quota-store.ts";
import { createRedisStoresOver } from "./redis/redis-stores.ts";

/** What every bot process is configured with. */
export interface CoreConfig {
  /** `CRIA_INFERENCE_ADDRESS`. Default `127.0.0.1:50051`. */
  readonly inferenceAddress: string;
  /** `CRIA_TOKEN`: what the inference service asks for. */
  readonly token: string | undefined;
  /** `CRIA_REDIS_URL`; without it memory lives in the process. */
  readonly redisUrl: string | undefined;
  /** `CRIA_WINDOW`: rounds kept, 1 to 50. Default 6. */
  readonly window: number;
  /** `CRIA_MEMORY_DAYS`: how long a silent conversation is remembered, 1 to 3,650 days. In milliseconds. Default 30 days. */
  readonly roundsTtlMs: number;
  /** `CRIA_MAX_TOKENS`: longest reply of models that set none of their own, 16 to 32,768 tokens. Default 1,024. */
  readonly maxTokens: number;
  /** `CRIA_PERSONA`: persona of chat models that have none of their own, at most 8,000 characters. Default: one that says it is Cria. */
  readonly persona: string;
  /** Who may talk to the bot, and who runs it. Default: everyone; the platform's administrators. */
  readonly access: AccessPolicy;
  /** Default: no limits. */
  readonly quotaLimits: QuotaLimits;
  /** `CRIA_TRANSCRIPT_DAYS`: how long exchanges are kept in Redis, 0 to 3,650 days. In milliseconds. Default 30 days; 0 for not at all. */
  readonly transcriptTtlMs: number;
  /** `CRIA_TRANSCRIPT_TEXT`: whether exchanges are kept with their words. Default no. */
  readonly hasTranscriptText: boolean;
  /** `CRIA_FEEDBACK_DAYS`: how long ratings are kept, 1 to 3,650 days. In milliseconds. Default 365 days. */
  readonly feedbackTtlMs: number;
}

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
  const { roundsTtlMs, window, maxTokens, persona, access, quotaLimits } = config;
  const stores = redis ? createRedisStoresOver(redis, { roundsTtlMs }) : createMemoryStores({ roundsTtlMs });
  const kept = redis ? keptInRedis(config, redis, logger) : {};
  const core = createBotCore({
    stores,
    inference,
    logger,
    words,
    window,
    maxTokens,
    persona,
    access,
    quotaLimits,
    ...kept,
  });
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
