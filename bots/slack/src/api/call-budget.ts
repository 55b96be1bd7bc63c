import { pause } from "@cria/bot-core";

/** Calls a minute that Slack allows at least, by tier: https://docs.slack.dev/apis/web-api/rate-limits */
const METHODS = {
  "agents.sessions.setStatus": 50,
  "assistant.threads.setStatus": 600,
  "chat.appendStream": 100,
  "chat.delete": 50,
  "chat.postEphemeral": 100,
  "chat.startStream": 20,
  "chat.stopStream": 20,
  "chat.update": 50,
  "conversations.history": 50,
  "conversations.info": 50,
  "conversations.replies": 50,
  "files.completeUploadExternal": 100,
  "usergroups.list": 20,
  "users.conversations": 50,
  "users.info": 100,
} as const;

/** A method whose calls are counted; posts are counted by channel. */
export type PacedMethod = keyof typeof METHODS | "chat.postMessage";

const MINUTE_MS = 60_000;
/** The rest is for clocks that differ. */
const SHARE = 0.9;
/** A post a second a channel, with a little air. */
const POST_INTERVAL_MS = 1_050;

/** Callers who may wait for one bucket: of a method with fifty calls a minute, the last of them waits nine minutes. */
const MAX_WAITING = 200;

/** A bucket that holds `capacity` calls and gains one every `intervalMs`. */
interface Bucket {
  readonly method: PacedMethod;
  capacity: number;
  intervalMs: number;
  calls: number;
  atMs: number;
  notBeforeMs: number;
  /** Those who wait, in order. */
  tail: Promise<void>;
  numWaiting: number;
}

/** Keeps a process within Slack's limits, so that Slack need not say no. Callers wait in order; what they say may grow meanwhile. */
export class CallBudget {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;
  #processes = 1;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Slack counts the calls of all processes of an app together: each takes its part. */
  shareAmong(processes: number): void {
    this.#processes = Math.max(1, processes);
    for (const bucket of this.#buckets.values()) Object.assign(bucket, bucketSize(bucket.method, this.#processes));
  }

  /** Whether calls are left beyond a few for last texts: what another text will follow waits for no call, and takes none of those. */
  hasRoom(method: PacedMethod, channel = ""): boolean {
    const bucket = this.#bucket(method, channel);
    return this.#waitMs(bucket) <= 0 && bucket.calls >= Math.min(bucket.capacity, 1 + bucket.capacity / 3);
  }

  /** Takes a call if one may be made at once. */
  tryTake(method: PacedMethod, channel = ""): boolean {
    const bucket = this.#bucket(method, channel);
    if (this.#waitMs(bucket) > 0) return false;
    bucket.calls--;
    return true;
  }

  /**
   * Waits until a call may be made, and takes it. Rejects where too many wait already, and with the signal's reason where
   * it aborts before the call is taken: none is taken then.
   */
  async take(method: PacedMethod, channel = "", signal = new AbortController().signal): Promise<void> {
    const bucket = this.#bucket(method, channel);
    if (bucket.numWaiting >= MAX_WAITING)
      throw new Error(`${MAX_WAITING} calls of ${method} wait already, and no more may; try again in a few minutes`);
    bucket.numWaiting++;
    const turn = bucket.tail.then(() => this.#takeInTurn(bucket, signal));
    bucket.tail = turn.catch(() => undefined).then(() => void bucket.numWaiting--);
    await turn;
  }

  /** Slack said that it was one too many: nobody calls for so long. */
  block(method: PacedMethod, channel: string, ms: number): void {
    const bucket = this.#bucket(method, channel);
    // The one that is tried again; the rest of the burst is gone.
    bucket.calls = Math.min(bucket.calls, 1);
    bucket.notBeforeMs = Math.max(bucket.notBeforeMs, this.#now() + ms);
  }

  async #takeInTurn(bucket: Bucket, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (let waitMs = this.#waitMs(bucket); waitMs > 0; waitMs = this.#waitMs(bucket)) {
      await pause(Math.ceil(waitMs), signal);
      signal.throwIfAborted();
    }
    bucket.calls--;
  }

  #waitMs(bucket: Bucket): number {
    const now = this.#now();
    bucket.calls = Math.min(bucket.capacity, bucket.calls + (now - bucket.atMs) / bucket.intervalMs);
    bucket.atMs = now;
    const missingMs = bucket.calls >= 1 ? 0 : (1 - bucket.calls) * bucket.intervalMs;
    return Math.max(missingMs, bucket.notBeforeMs - now);
  }

  #bucket(method: PacedMethod, channel: string): Bucket {
    const key = method === "chat.postMessage" ? `${method} ${channel}` : method;
    const known = this.#buckets.get(key);
    if (known) return known;
    const size = bucketSize(method, this.#processes);
    const fresh = { atMs: this.#now(), notBeforeMs: 0, tail: Promise.resolve(), numWaiting: 0 };
    const added: Bucket = { method, ...size, ...fresh, calls: size.capacity };
    if (this.#buckets.size >= MAX_BUCKETS) this.#forgetFull();
    this.#buckets.set(key, added);
    return added;
  }

  /** A channel in which nothing was posted lately needs no bucket. */
  #forgetFull(): void {
    for (const [key, bucket] of this.#buckets)
      if (this.#waitMs(bucket) <= 0 && bucket.calls >= bucket.capacity) this.#buckets.delete(key);
  }
}

const MAX_BUCKETS = 10_000;

/** Half of a minute's calls at once and half evenly: never more than all of them in any minute. */
function bucketSize(method: PacedMethod, processes: number): Pick<Bucket, "capacity" | "intervalMs"> {
  if (method === "chat.postMessage") return { capacity: 1, intervalMs: POST_INTERVAL_MS };
  const half = (METHODS[method] * SHARE) / 2 / processes;
  return { capacity: Math.max(1, half), intervalMs: MINUTE_MS / half };
}
