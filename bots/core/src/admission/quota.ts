import { BotError } from "../port/bot-error.ts";
import type { PlatformWords } from "../port/words.ts";

/** How much one may use; what is absent is without limit. */
export interface QuotaLimits {
  readonly userMessagesPerMinute?: number | undefined;
  readonly workspaceMessagesPerMinute?: number | undefined;
  /** Prompt and completion tokens together. */
  readonly userTokensPerDay?: number | undefined;
  readonly workspaceTokensPerDay?: number | undefined;
}

/** What is used up, and when there is more. */
export interface QuotaRefusal {
  readonly limit: keyof QuotaLimits;
  readonly retryAfterMs: number;
}

/** Messages of a person. */
export interface MessageUse {
  /** Keys, opaque. */
  readonly workspace: string;
  readonly user: string;
  readonly numMessages: number;
}

/**
 * Counts what people use, shared by all bot processes. A minute and a day begin with their first message, and end 60 s and
 * 24 h later. One contract suite runs on every implementation.
 */
export interface QuotaStore {
  /** Counts messages, all or none: none where a limit would be passed. More than a limit are taken where none are counted. Atomic. */
  countMessages(use: MessageUse, limits: QuotaLimits): Promise<QuotaRefusal | undefined>;
  /** Takes back what was counted in the minute that runs. */
  uncountMessages(use: MessageUse): Promise<void>;
  /** Counts the tokens of a reply. */
  countTokens(workspace: string, user: string, tokens: number): Promise<void>;
}

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** The limits in the order in which they are looked at; the store's counters are in the same order. */
export const LIMITS: readonly (keyof QuotaLimits)[] = [
  "userMessagesPerMinute",
  "workspaceMessagesPerMinute",
  "userTokensPerDay",
  "workspaceTokensPerDay",
];

const SENTENCES: Readonly<Record<keyof QuotaLimits, (limit: string, workspace: string) => string>> = {
  userMessagesPerMinute: (limit) => `You have sent ${limit} in a minute, as many as I take.`,
  workspaceMessagesPerMinute: (limit, workspace) =>
    `This ${workspace} has sent ${limit} in a minute, as many as I take.`,
  userTokensPerDay: (limit) => `You have used your ${limit} for the day.`,
  workspaceTokensPerDay: (limit, workspace) => `This ${workspace} has used its ${limit} for the day.`,
};

/** Whether anything is limited. */
export function hasLimits(limits: QuotaLimits): boolean {
  return LIMITS.some((limit) => limits[limit] !== undefined);
}

type RefusedMessage = QuotaRefusal & {
  readonly limits: QuotaLimits;
  readonly numMessages: number;
  readonly words: PlatformWords;
};

/** The refusal as people are told of it. */
export function quotaError({ limit, retryAfterMs, limits, numMessages, words }: RefusedMessage): BotError {
  const amount = limits[limit] ?? 0;
  const unit = limit.includes("Messages") ? "message" : "token";
  const counted = `${amount.toLocaleString("en")} ${unit}${amount === 1 ? "" : "s"}`;
  const who = limit.startsWith("user") ? "you" : `this ${words.workspace}`;
  const isComparison = unit === "message" && numMessages > 1;
  const sentence = isComparison
    ? `A comparison counts as ${numMessages} messages, and with them ${who} would have sent more than the ${counted} that I take in a minute.`
    : SENTENCES[limit](counted, words.workspace);
  return new BotError("QUOTA_EXCEEDED", `${sentence} Try again ${waiting(retryAfterMs)}.`, {
    retryDelayMs: retryAfterMs,
  });
}

function waiting(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 120) return `in ${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `in ${minutes} minutes` : `in ${Math.ceil(minutes / 60)} hours`;
}
