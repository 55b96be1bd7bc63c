import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryQuotaStore } from "../memory/memory-quota-store.ts";
import { tell } from "../port/bot-error.ts";
import { DEFAULT_WORDS } from "../port/words.ts";
import { DAY_MS, hasLimits, MINUTE_MS, type QuotaLimits, quotaError } from "./quota.ts";
import { describeQuotaStore } from "./quota-store.contract.ts";

const shared = createMemoryQuotaStore();
describeQuotaStore("MemoryQuotaStore", () => shared);

const one = (user: string) => ({ workspace: "w", user, numMessages: 1 });

describe("MemoryQuotaStore in time", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("begins a new minute and a new day when the old one is over", async () => {
    const store = createMemoryQuotaStore();
    const limits = { userMessagesPerMinute: 1, userTokensPerDay: 10 };
    expect(await store.countMessages(one("ann"), limits)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await store.countMessages(one("ann"), limits)).toEqual({
      limit: "userMessagesPerMinute",
      retryAfterMs: MINUTE_MS - 20_000,
    });
    await store.countTokens("w", "ann", 10);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(await store.countMessages(one("ann"), limits)).toMatchObject({ limit: "userTokensPerDay" });
    await vi.advanceTimersByTimeAsync(DAY_MS);
    expect(await store.countMessages(one("ann"), limits)).toBeUndefined();
  });

  it("keeps a hundred thousand counters of living minutes, those that began first going first", async () => {
    const store = createMemoryQuotaStore();
    const limits = { userMessagesPerMinute: 1 };
    for (let user = 0; user < 100_000; user++) await store.countMessages(one(`${user}`), limits);
    expect(await store.countMessages(one("99999"), limits)).toBeDefined();
    expect(await store.countMessages(one("0"), limits)).toBeUndefined();
  });
});

describe("quotaError", () => {
  const limits: QuotaLimits = {
    userMessagesPerMinute: 1,
    workspaceMessagesPerMinute: 100,
    userTokensPerDay: 50_000,
    workspaceTokensPerDay: 1_000_000,
  };

  it.each([
    ["userMessagesPerMinute", 33_100, "You have sent 1 message in a minute, as many as I take. Try again in 34 s."],
    [
      "workspaceMessagesPerMinute",
      0,
      "This workspace has sent 100 messages in a minute, as many as I take. Try again in 1 s.",
    ],
    ["userTokensPerDay", 45 * 60_000, "You have used your 50,000 tokens for the day. Try again in 45 minutes."],
    [
      "workspaceTokensPerDay",
      DAY_MS,
      "This workspace has used its 1,000,000 tokens for the day. Try again in 24 hours.",
    ],
  ] as const)("says of %s when to come back", (limit, retryAfterMs, sentence) => {
    const error = quotaError({ limit, retryAfterMs, limits, numMessages: 1, words: DEFAULT_WORDS });
    expect(tell(error, DEFAULT_WORDS)).toBe(sentence);
    expect(error).toMatchObject({ code: "QUOTA_EXCEEDED", retryDelayMs: retryAfterMs });
  });

  it("calls a workspace as its platform does", () => {
    const refusal = { limit: "workspaceMessagesPerMinute", retryAfterMs: 0, limits, numMessages: 1 } as const;
    const words = { ...DEFAULT_WORDS, workspace: "server" };
    expect(quotaError({ ...refusal, words }).said).toMatch(/^This server has sent 100/);
  });

  it("says of a comparison that it counts as two", () => {
    const refusal = { limit: "userMessagesPerMinute", retryAfterMs: 9_000, limits, words: DEFAULT_WORDS } as const;
    expect(quotaError({ ...refusal, numMessages: 2 }).said).toBe(
      "A comparison counts as 2 messages, and with them you would have sent more than the 1 message that I take in a minute. Try again in 9 s.",
    );
    expect(quotaError({ ...refusal, limit: "workspaceMessagesPerMinute", numMessages: 2 }).said).toMatch(
      /and with them this workspace would have sent more than the 100 messages that I take/,
    );
  });

  it("knows whether anything is limited", () => {
    expect(hasLimits({})).toBe(false);
    expect(hasLimits({ userTokensPerDay: 1 })).toBe(true);
  });
});
