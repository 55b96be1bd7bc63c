import { pause, within } from "@cria/bot-core";
import type { webApi } from "@slack/bolt";
import { CallBudget, type PacedMethod } from "./call-budget.ts";

export type { PacedMethod };

import { isTokenError, isTransient, neverArrived, retryAfterMs } from "./slack-errors.ts";

/** Tries of one call, its first included. */
const MAX_TRIES = 4;
const MAX_TRIES_NOW = 2;
const FIRST_PAUSE_MS = 500;
/** Of those a second call does no harm: they say the same again. */
const IDEMPOTENT: ReadonlySet<PacedMethod> = new Set<PacedMethod>([
  "agents.sessions.setStatus",
  "assistant.threads.setStatus",
  "chat.delete",
  "chat.update",
  "conversations.history",
  "conversations.info",
  "conversations.replies",
  "usergroups.list",
  "users.conversations",
  "users.info",
]);

/** One call of a method. */
export interface PacedCall {
  readonly method: PacedMethod;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Somebody else writes what was to be written. */
export class NotOursError extends Error {
  override readonly name = "NotOursError";
}

/** How a call is made. */
export interface CallOptions {
  /** Asked before each try, once its budget is there; where it says false, the call is not made. Default: always true. */
  mayCall?(): Promise<boolean>;
}

interface Waiting extends CallOptions {
  readonly signal: AbortSignal;
}

interface FailedTry {
  readonly error: unknown;
  readonly tries: number;
  readonly signal: AbortSignal;
}

/** A file to share in a thread. */
export interface SharedFile {
  readonly channel: string;
  readonly threadTs: string;
  /** As "reply.md". */
  readonly name: string;
  readonly text: string;
}

/** What a call answers; `ts` where it wrote a message. */
export type SlackAnswer = webApi.WebAPICallResult & { readonly ts?: string };

/** The Web API within its limits: calls wait for their budget, and are tried again where that is safe. */
export class PacedClient {
  readonly budget = new CallBudget();
  readonly #client: webApi.WebClient;
  readonly #onRefused: (error: unknown) => void;
  #isRefused = false;

  /** `onRefused` is told once, with the client's error, when Slack no longer takes the token. */
  constructor(client: webApi.WebClient, onRefused: (error: unknown) => void) {
    this.#client = client;
    this.#onRefused = onRefused;
  }

  /** Calls when the budget allows. Rejects with the client's error when the tries are spent, with a `NotOursError` where it may not be made. */
  async call(method: PacedMethod, args: PacedCall["args"], options: CallOptions = {}): Promise<SlackAnswer> {
    return await this.#call({ method, args }, { ...options, signal: new AbortController().signal });
  }

  /** Calls if that is done within so many milliseconds, with the wait for the budget and all tries; a `LateError` if not. */
  async callWithin(ms: number, method: PacedMethod, args: PacedCall["args"]): Promise<SlackAnswer> {
    return await within(ms, this.#call({ method, args }, { signal: AbortSignal.timeout(ms) }));
  }

  /**
   * Calls if the budget allows it at once and Slack does not ask to wait; undefined if not. Once, and a second time where the
   * answer was lost and another call does no harm. Rejects with the client's error.
   */
  async callNow(method: PacedMethod, args: PacedCall["args"]): Promise<SlackAnswer | undefined> {
    for (let tries = 1; this.budget.tryTake(method, channelOf(args)); tries++) {
      try {
        return await this.#try({ method, args });
      } catch (error) {
        if (this.#heedLimit({ method, args }, error)) return undefined;
        if (tries === MAX_TRIES_NOW || !IDEMPOTENT.has(method) || !isTransient(error)) throw error;
      }
    }
    return undefined;
  }

  /** Shares a text file in a thread: three calls, of which the last one is counted. Rejects with the client's error. */
  async shareFile({ channel, threadTs, name, text }: SharedFile): Promise<void> {
    await this.budget.take("files.completeUploadExternal");
    const file = { channel_id: channel, thread_ts: threadTs, filename: name, content: text };
    await this.uncounted((client) => client.filesUploadV2(file));
  }

  /** For calls that are rare, or of which people wait for the first try. Rejects with the client's error. */
  async uncounted<T>(call: (client: webApi.WebClient) => Promise<T>): Promise<T> {
    try {
      return await call(this.#client);
    } catch (error) {
      this.#noteRefusal(error);
      throw error;
    }
  }

  async #call(call: PacedCall, { signal, mayCall }: Waiting): Promise<SlackAnswer> {
    await this.budget.take(call.method, channelOf(call.args), signal);
    for (let tries = 1; ; tries++) {
      if (mayCall && !(await mayCall())) throw new NotOursError(`another process makes the call of ${call.method}`);
      try {
        return await this.#try(call);
      } catch (error) {
        if (tries >= MAX_TRIES) throw error;
        await this.#beforeNextTry(call, { error, tries, signal });
      }
    }
  }

  async #try({ method, args }: PacedCall): Promise<SlackAnswer> {
    return await this.uncounted((client) => client.apiCall(method, { ...args }));
  }

  #noteRefusal(error: unknown): void {
    if (this.#isRefused || !isTokenError(error)) return;
    this.#isRefused = true;
    this.#onRefused(error);
  }

  /** Whether Slack asks to wait; until then nobody calls the method. */
  #heedLimit({ method, args }: PacedCall, error: unknown): boolean {
    const askedMs = retryAfterMs(error);
    if (askedMs !== undefined) this.budget.block(method, channelOf(args), askedMs);
    return askedMs !== undefined;
  }

  /** Waits where another try makes sense; throws the error where not. */
  async #beforeNextTry(call: PacedCall, { error, tries, signal }: FailedTry): Promise<void> {
    const { method, args } = call;
    if (this.#heedLimit(call, error)) return await this.budget.take(method, channelOf(args), signal);
    const mayRepeat = neverArrived(error) || (IDEMPOTENT.has(method) && isTransient(error));
    if (!mayRepeat) throw error;
    await pause(FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random()), signal);
    signal.throwIfAborted();
  }
}

function channelOf({ channel }: PacedCall["args"]): string {
  return typeof channel === "string" ? channel : "";
}
