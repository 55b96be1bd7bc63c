import type { FeedbackRating } from "@cria/bot-core";
import type { ChannelSnapshot, Completion, ModelChoice, Person, SentFile, Workspace } from "../../wire.ts";

/** A request that failed; the message is one sentence for people. */
class ApiError extends Error {
  override readonly name = "ApiError";
  /** Undefined: no answer came. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** The server's API, one method an endpoint. Every failure is an `ApiError`. */
export const api = {
  startSession: (name: string) => request<Person>("POST", "session", { name }),
  /** Null: the server does not know this browser. */
  workspace: () => request<Workspace | null>("GET", "workspace"),
  models: () => request<readonly ModelChoice[]>("GET", "models"),
  completions: (id: string, text: string, signal: AbortSignal) =>
    request<readonly Completion[]>(
      "GET",
      `${channelPath(id)}/completions?text=${encodeURIComponent(text)}`,
      undefined,
      signal,
    ),
  addChannel: (name: string) => request<{ readonly name: string }>("POST", "channels", { name }),
  renameChat: (id: string, title: string) => request("PUT", `${channelPath(id)}/title`, { title }),
  deleteChat: (id: string) => request("DELETE", channelPath(id)),
  channel: (id: string) => request<ChannelSnapshot>("GET", channelPath(id)),
  post: (id: string, message: { id: string; text: string; files: readonly SentFile[] }) =>
    request("POST", `${channelPath(id)}/messages`, message),
  edit: (id: string, messageId: string, text: string) =>
    request("PUT", `${channelPath(id)}/messages/${messageId}`, { text }),
  regenerate: (id: string, messageId: string) =>
    request("POST", `${channelPath(id)}/messages/${messageId}/regenerate`, {}),
  continueReply: (id: string, messageId: string) =>
    request("POST", `${channelPath(id)}/messages/${messageId}/continue`, {}),
  rate: (id: string, messageId: string, rating: FeedbackRating) =>
    request("POST", `${channelPath(id)}/messages/${messageId}/feedback`, { rating }),
  stop: (id: string, messageId: string) => request("POST", `${channelPath(id)}/messages/${messageId}/stop`, {}),
  retry: (id: string, messageId: string) => request("POST", `${channelPath(id)}/messages/${messageId}/retry`, {}),
  setModel: (id: string, name: string) => request("PUT", `${channelPath(id)}/model`, { name }),
};

/** Where a message's file is read. */
export function fileAddress(channelId: string, messageId: string, index: number): string {
  return `/api/${channelPath(channelId)}/messages/${messageId}/files/${index}`;
}

/** Sentence of a failure, whatever it is. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether the same request may succeed later: the server could not be reached, or could not do it just then. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === undefined || error.status >= 500 || error.status === 429;
}

function channelPath(id: string): string {
  return `channels/${encodeURIComponent(id)}`;
}

async function request<T = void>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const [response, text] = await fetchText(`/api/${path}`, { method, ...init, signal: signal ?? null });
  if (response.ok) return (text === "" ? undefined : JSON.parse(text)) as T;
  throw new ApiError(errorOf(text) ?? `The chat server answered ${response.status}.`, response.status);
}

async function fetchText(url: string, init: RequestInit): Promise<[Response, string]> {
  try {
    const response = await fetch(url, init);
    return [response, await response.text()];
  } catch {
    throw new ApiError("The chat server cannot be reached.");
  }
}

/** The sentence in an error's body; a proxy between may have answered with something else. */
function errorOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: string }).error;
  } catch {
    return undefined;
  }
}
