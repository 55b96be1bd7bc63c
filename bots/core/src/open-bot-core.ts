import type { Logger } from "pino";
import type { CoreConfig } from "./config.ts";
import type { ConversationStore } from "./conversation-store.ts";
import { createInferenceClient } from "./inference/grpc-inference-client.ts";
import type { InferenceClient } from "./inference-client.ts";
import { type BotCoreOptions, createBotCore } from "./pipeline.ts";
import type { BotCore } from "./platform.ts";
import { createRedisQuotaStore } from "./quota/redis-quota-store.ts";
import { createRedisFeedback } from "./records/feedback.ts";
import { createRedisTranscript, joinTranscripts } from "./records/redis-transcript.ts";
import { createLogTranscript } from "./records/transcript.ts";
import { createMemoryConversationStore } from "./store/memory-conversation-store.ts";
import { connectRedis, type RedisConnection } from "./store/redis-connection.ts";
import { createRedisStoreOver } from "./store/redis-conversation-store.ts";

/** A core and what it is made of. */
export interface OpenBotCore {
  readonly core: BotCore;
  readonly store: ConversationStore;
  readonly inference: InferenceClient;
  /** Undefined where memory lives in the process. Closed with the core. */
  readonly redis: RedisConnection | undefined;
  close(): Promise<void>;
}

/** The whole core as the configuration says: with a Redis everything kept is there, without one in this process. */
export async function openBotCore(config: CoreConfig, logger: Logger): Promise<OpenBotCore> {
  const inference = createInferenceClient({ address: config.inferenceAddress, token: config.token });
  const redis = config.redisUrl === undefined ? undefined : await connectRedis(config.redisUrl, logger);
  const { turnsTtlMs, window, access, quotaLimits } = config;
  const store = redis ? createRedisStoreOver(redis, { turnsTtlMs }) : createMemoryConversationStore({ turnsTtlMs });
  const kept = redis ? keptInRedis(config, redis, logger) : {};
  const core = createBotCore({ store, inference, logger, window, access, quotaLimits, ...kept });
  return {
    core,
    store,
    inference,
    redis,
    close: async () => {
      inference.close();
      await store.close();
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
