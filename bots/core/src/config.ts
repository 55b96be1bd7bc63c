import type { Logger } from "pino";
import { z } from "zod";
import type { ConversationStore } from "./conversation-store.ts";
import { createMemoryConversationStore } from "./store/memory-conversation-store.ts";
import { createRedisConversationStore } from "./store/redis-conversation-store.ts";
import { DEFAULT_WINDOW, MAX_WINDOW } from "./window.ts";

/** Long enough for a team's holidays. */
const DEFAULT_MEMORY_DAYS = 30;
const DAY_MS = 86_400_000;

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
  readonly turnsTtlMs: number;
}

const whole = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(min, `must be ${min} to ${max}`).max(max, `must be ${min} to ${max}`))
    .default(fallback);

/** Values are not repeated in faults: a URL may hold a password. */
const schema = z.object({
  CRIA_INFERENCE_ADDRESS: z
    .string()
    .regex(/^\S+:\d{1,5}$/, "must be host:port, as 127.0.0.1:50051")
    .default("127.0.0.1:50051"),
  CRIA_TOKEN: z.string().optional(),
  CRIA_REDIS_URL: z
    .string()
    .refine((url) => /^rediss?:\/\//.test(url) && URL.canParse(url), "must be redis://host:port or rediss://host:port")
    .optional(),
  CRIA_WINDOW: whole(1, MAX_WINDOW, DEFAULT_WINDOW),
  CRIA_MEMORY_DAYS: whole(1, 3_650, DEFAULT_MEMORY_DAYS),
});

/** Reads what bots share of the environment; an empty variable counts as absent. Throws one error that names every fault. */
export function loadCoreConfig(env: Readonly<Record<string, string | undefined>>): CoreConfig {
  const given = Object.entries(env).filter(([, value]) => value !== "");
  const result = schema.safeParse(Object.fromEntries(given));
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
    throw new Error(`Bad configuration: ${faults.join("; ")}.`);
  }
  const { data } = result;
  return Object.freeze({
    inferenceAddress: data.CRIA_INFERENCE_ADDRESS,
    token: data.CRIA_TOKEN,
    redisUrl: data.CRIA_REDIS_URL,
    window: data.CRIA_WINDOW,
    turnsTtlMs: data.CRIA_MEMORY_DAYS * DAY_MS,
  });
}

/** Memory in Redis where a URL is configured, else in the process. */
export async function createStore({ redisUrl, turnsTtlMs }: CoreConfig, logger: Logger): Promise<ConversationStore> {
  if (redisUrl === undefined) return createMemoryConversationStore({ turnsTtlMs });
  return await createRedisConversationStore({ url: redisUrl, turnsTtlMs, logger });
}
