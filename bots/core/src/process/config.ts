import { z } from "zod";
import { accessVariables, toAccessPolicy } from "../admission/access-config.ts";
import { DAY_MS } from "../admission/quota.ts";
import { MAX_PERSONA_LENGTH } from "../conversation/settings.ts";
import { DEFAULT_WINDOW, MAX_WINDOW } from "../conversation/window.ts";
import { DEFAULT_MAX_TOKENS } from "../inference/models.ts";
import type { CoreConfig } from "../open-bot-core.ts";
import { DEFAULT_PERSONA } from "../prompt/persona.ts";
import { isRedisUrl } from "../text/redis-url.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { LOG_LEVELS } from "./logger.ts";

/** Long enough for a team's holidays. */
const DEFAULT_MEMORY_DAYS = 30;
const DEFAULT_TRANSCRIPT_DAYS = 30;
/** Training data is gathered over a year. */
const DEFAULT_FEEDBACK_DAYS = 365;
const MAX_DAYS = 3_650;

const whole = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(min, `must be ${min} to ${max}`).max(max, `must be ${min} to ${max}`))
    .default(fallback);

const limit = z
  .string()
  .regex(/^[1-9]\d{0,11}$/, "must be a whole number of 1 or more")
  .transform(Number)
  .optional();

const yesOrNo = (fallback: boolean) =>
  z
    .enum(["0", "1"], "must be 0 or 1")
    .transform((value) => value === "1")
    .default(fallback);

const schema = z.object({
  // Read where the logger is made, before all else.
  CRIA_LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).optional(),
  CRIA_INFERENCE_ADDRESS: z
    .string()
    .regex(/^\S+:\d{1,5}$/, "must be host:port, as 127.0.0.1:50051")
    .default("127.0.0.1:50051"),
  CRIA_TOKEN: z.string().optional(),
  CRIA_REDIS_URL: z
    .string()
    .refine(isRedisUrl, "must be redis://host:port, rediss://host:port or redis-cluster://host:port,host:port")
    .optional(),
  CRIA_WINDOW: whole(1, MAX_WINDOW, DEFAULT_WINDOW),
  CRIA_MAX_TOKENS: whole(16, 32_768, DEFAULT_MAX_TOKENS),
  CRIA_PERSONA: z
    .string()
    .max(MAX_PERSONA_LENGTH, `must have at most ${MAX_PERSONA_LENGTH} characters`)
    .default(DEFAULT_PERSONA),
  CRIA_MEMORY_DAYS: whole(1, MAX_DAYS, DEFAULT_MEMORY_DAYS),
  CRIA_TRANSCRIPT_DAYS: whole(0, MAX_DAYS, DEFAULT_TRANSCRIPT_DAYS),
  CRIA_TRANSCRIPT_TEXT: yesOrNo(false),
  CRIA_FEEDBACK_DAYS: whole(1, MAX_DAYS, DEFAULT_FEEDBACK_DAYS),
  CRIA_USER_MESSAGES_PER_MINUTE: limit,
  CRIA_WORKSPACE_MESSAGES_PER_MINUTE: limit,
  CRIA_USER_TOKENS_PER_DAY: limit,
  CRIA_WORKSPACE_TOKENS_PER_DAY: limit,
  CRIA_DIRECT_MESSAGES: yesOrNo(true),
  ...accessVariables,
});

/**
 * Reads what bots share of the environment; an empty variable counts as absent.
 * @throws ConfigError that names every fault at once
 */
export function loadCoreConfig(env: Environment): CoreConfig {
  const data = readEnvironment(env, schema);
  return Object.freeze({
    inferenceAddress: data.CRIA_INFERENCE_ADDRESS,
    token: data.CRIA_TOKEN,
    redisUrl: data.CRIA_REDIS_URL,
    window: data.CRIA_WINDOW,
    roundsTtlMs: data.CRIA_MEMORY_DAYS * DAY_MS,
    maxTokens: data.CRIA_MAX_TOKENS,
    persona: data.CRIA_PERSONA,
    access: Object.freeze(toAccessPolicy(data)),
    quotaLimits: Object.freeze({
      userMessagesPerMinute: data.CRIA_USER_MESSAGES_PER_MINUTE,
      workspaceMessagesPerMinute: data.CRIA_WORKSPACE_MESSAGES_PER_MINUTE,
      userTokensPerDay: data.CRIA_USER_TOKENS_PER_DAY,
      workspaceTokensPerDay: data.CRIA_WORKSPACE_TOKENS_PER_DAY,
    }),
    transcriptTtlMs: data.CRIA_TRANSCRIPT_DAYS * DAY_MS,
    hasTranscriptText: data.CRIA_TRANSCRIPT_TEXT,
    feedbackTtlMs: data.CRIA_FEEDBACK_DAYS * DAY_MS,
  });
}
