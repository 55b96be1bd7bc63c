import { pause, RefusedError } from "@cria/bot-core";
import { DefaultRestOptions, type RESTOptions, type ResponseLike } from "discord.js";
import type { Logger } from "pino";
import type { DiscordClock } from "./discord-clock.ts";
import { checkGuard } from "./write-guard.ts";

type MakeRequest = RESTOptions["makeRequest"];

/** Before Discord is asked again after a failure of its own: discord.js's tries are over within 30 ms. */
const RETRY_DELAY_MS = 200;
const UNAUTHORIZED = 401;
const UNAVAILABLE = 503;
const NEVER = new AbortController().signal;

export interface TransportOptions {
  /** Asks Discord whether it still takes the token. Rejects with a `RefusedError` where it does not. */
  readonly checkToken: () => Promise<unknown>;
  readonly logger: Logger;
  readonly clock: DiscordClock;
  readonly makeRequest?: MakeRequest;
}

/**
 * How discord.js's requests reach Discord. By itself discord.js gives up what is cut off before an answer or within its body,
 * and forgets its token at any 401: here the first is tried again, and a 401 is a failure like others while Discord takes the
 * token.
 */
export function createTransport(options: TransportOptions): MakeRequest {
  const { checkToken, logger, clock, makeRequest = DefaultRestOptions.makeRequest } = options;
  let check: Promise<unknown> | undefined;
  /** Rejects where Discord takes the token no longer; what cannot be known now is asked again at the next try. */
  const requireToken = async () => {
    check ??= checkToken().finally(() => {
      check = undefined;
    });
    await check.catch((error: unknown) => {
      if (error instanceof RefusedError) throw error;
    });
  };
  return async (url, init) => {
    await checkGuard();
    const response = await makeRequest(url, init).then(readWhole).catch(tryAgain);
    clock.hear(response.headers.get("date"));
    if (response.status >= 500) await pause(RETRY_DELAY_MS, NEVER);
    if (response.status !== UNAUTHORIZED || !new Headers(init.headers as HeadersInit).has("authorization"))
      return response;
    await requireToken();
    logger.warn({ url }, "Discord refused a request as if the token were wrong; it is tried again");
    return toResponseLike(new Response(null, { status: UNAVAILABLE }));
  };
}

/** Rejects in the one way in which discord.js tries again. Messages carry a nonce: what is sent twice is there once. */
async function tryAgain(error: unknown): Promise<never> {
  if (error instanceof Error && error.name === "AbortError") throw error;
  await pause(RETRY_DELAY_MS, NEVER);
  const reason = error instanceof Error ? error.message : String(error);
  throw Object.assign(new Error(`the connection to Discord broke off: ${reason}`, { cause: error }), {
    code: "ECONNRESET",
  });
}

/** Reads the body within the request's time. */
async function readWhole(answer: ResponseLike): Promise<ResponseLike> {
  const { status, statusText, headers } = answer;
  const bytes = await answer.arrayBuffer();
  return toResponseLike(new Response(bytes.byteLength === 0 ? null : bytes, { status, statusText, headers }));
}

/** Node's own types of streams differ from those of discord.js. */
const toResponseLike = (response: Response) => response as unknown as ResponseLike;
