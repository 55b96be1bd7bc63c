import type { Clock } from "../../clock.ts";

const MINUTE_MS = 60_000;
/** Calls a minute that each tier allows at least. */
const TIERS = { 1: 1, 2: 20, 3: 50, 4: 100 } as const;

const METHOD_TIERS: Readonly<Record<string, keyof typeof TIERS>> = {
  "agents.sessions.setStatus": 3,
  "chat.appendStream": 4,
  "chat.delete": 3,
  "chat.postEphemeral": 4,
  "chat.startStream": 2,
  "chat.stopStream": 2,
  "chat.update": 3,
  "conversations.history": 3,
  "conversations.info": 3,
  "conversations.replies": 3,
  "files.completeUploadExternal": 4,
  "files.getUploadURLExternal": 4,
  "usergroups.list": 2,
  "users.conversations": 3,
  "users.info": 4,
  "views.open": 4,
  "views.publish": 4,
  "views.update": 4,
};
/** Calls a minute of methods with limits of their own. */
const SPECIAL: Readonly<Record<string, number>> = {
  "assistant.threads.setStatus": 600,
  "assistant.threads.setSuggestedPrompts": 600,
  "auth.test": 600,
};
/** One a second a channel; bursts of a few are let through. */
const POSTS = { windowMs: 4_000, most: 4 };

/** Counts calls by method, and posts by channel, in windows that slide. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #calls = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a call; returns the seconds to wait when it is one too many. */
  take(method: string, channel: string): number | undefined {
    if (method === "chat.postMessage") return this.#takeIn(`${method}:${channel}`, POSTS.windowMs, POSTS.most);
    const tier = METHOD_TIERS[method];
    const most = tier === undefined ? SPECIAL[method] : TIERS[tier];
    return most === undefined ? undefined : this.#takeIn(method, MINUTE_MS, most);
  }

  #takeIn(key: string, windowMs: number, most: number): number | undefined {
    const now = this.#clock.now();
    const recent = (this.#calls.get(key) ?? []).filter((atMs) => atMs > now - windowMs);
    this.#calls.set(key, recent);
    if (recent.length >= most) return Math.max(1, Math.ceil((recent[0]! + windowMs - now) / 1_000));
    recent.push(now);
    return undefined;
  }
}
