/** So many requests in so much time. */
export interface RateLimit {
  readonly limit: number;
  readonly windowMs: number;
}

/** Routes that share a rate limit, counted for each channel, webhook or guild by itself. */
export type Bucket = "createMessage" | "editMessage" | "deleteMessage" | "typing" | "webhook" | "other";

/** Every figure the server holds clients to. */
export interface DiscordLimits {
  readonly buckets: Readonly<Record<Bucket, RateLimit>>;
  /** Requests of one bot over all routes, interactions' answers apart. */
  readonly global: RateLimit;
  /** Answers 401, 403 and 429 after which the address is banned for the rest of the window. */
  readonly invalidRequests: RateLimit;
  readonly gatewaySends: RateLimit;
  readonly identifies: RateLimit;
  /** Sessions that may begin at once: `max_concurrency` in so much time. */
  readonly identifiesAtOnce: RateLimit;
  readonly guildsPerShard: number;
  /** From an interaction to its first answer. */
  readonly interactionAnswerMs: number;
  readonly interactionTokenMs: number;
  readonly autocompleteChoices: number;
  readonly globalCommands: number;
  /** New commands a day, in a guild or globally. */
  readonly commandCreates: RateLimit;
  readonly contentLength: number;
  readonly embedDescriptionLength: number;
  /** All text of a message's embeds together. */
  readonly embedsLength: number;
  readonly nonceLength: number;
  /** How long an enforced nonce is remembered. */
  readonly nonceMs: number;
  readonly typingMs: number;
  readonly attachmentBytes: number;
  readonly heartbeatMs: number;
  /** How long a dropped session can be resumed. */
  readonly sessionMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** Discord's own figures, from its documentation of late 2026; those of buckets as seen in its headers. */
export const DISCORD_LIMITS: DiscordLimits = {
  buckets: {
    createMessage: { limit: 5, windowMs: 5 * SECOND },
    editMessage: { limit: 5, windowMs: 5 * SECOND },
    deleteMessage: { limit: 5, windowMs: SECOND },
    typing: { limit: 5, windowMs: 5 * SECOND },
    webhook: { limit: 5, windowMs: 2 * SECOND },
    other: { limit: 10, windowMs: SECOND },
  },
  global: { limit: 50, windowMs: SECOND },
  invalidRequests: { limit: 10_000, windowMs: 10 * MINUTE },
  gatewaySends: { limit: 120, windowMs: MINUTE },
  identifies: { limit: 1000, windowMs: DAY },
  identifiesAtOnce: { limit: 1, windowMs: 5 * SECOND },
  guildsPerShard: 2500,
  interactionAnswerMs: 3 * SECOND,
  interactionTokenMs: 15 * MINUTE,
  autocompleteChoices: 25,
  globalCommands: 100,
  commandCreates: { limit: 200, windowMs: DAY },
  contentLength: 2000,
  embedDescriptionLength: 4096,
  embedsLength: 6000,
  nonceLength: 25,
  nonceMs: 5 * MINUTE,
  typingMs: 10 * SECOND,
  attachmentBytes: 10 * 1024 * 1024,
  heartbeatMs: 41_250,
  sessionMs: 3 * MINUTE,
};
