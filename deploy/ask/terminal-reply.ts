import type { Reply, ReplyEnd, ReplyStats, ReplyStatus } from "@cria/bot-core";
import { terminalText } from "../terminal-text.ts";

/** Where a reply in a terminal goes. */
export interface TerminalReplyOptions {
  readonly signal: AbortSignal;
  /** The reply's own text. */
  readonly write: (text: string) => void;
  /** What happens and the figures, for people; nothing where nobody looks. */
  readonly note: (line: string) => void;
}

const ENDS: Readonly<Record<ReplyEnd, string | undefined>> = {
  complete: undefined,
  stopped: "stopped",
  length: "cut at the length limit",
  contextFull: "cut: the context window is full",
  timeBudget: "cut: the time is over",
  repetition: "cut: it began to repeat itself",
};

/** A line each second is enough of a load. */
const LOADING_EVERY_MS = 1_000;
/** The core advises people in a chat; in a terminal a model is chosen by an option. */
const CHAT_COMMAND = /(?<= with )\/model\b/;

/** A reply that is printed as it streams. `failure` is set once it failed. */
export class TerminalReply implements Reply {
  readonly signal: AbortSignal;
  readonly #options: TerminalReplyOptions;
  #endsLine = true;
  #failure: string | undefined;
  #loadingDueAt = 0;

  constructor(options: TerminalReplyOptions) {
    this.signal = options.signal;
    this.#options = options;
  }

  /** Why it failed, in a sentence; undefined if it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  async status(status: ReplyStatus): Promise<void> {
    if (status.type === "loading" && !this.#isLoadingDue()) return;
    this.#options.note(describeStatus(status));
  }

  async append(text: string): Promise<void> {
    const shown = terminalText(text);
    if (shown === "") return;
    this.#options.write(shown);
    this.#endsLine = shown.endsWith("\n");
  }

  async finish(end: ReplyEnd, _text: string, stats: ReplyStats | undefined): Promise<void> {
    this.#endLine();
    const parts = [ENDS[end], stats && describeStats(stats)].filter((part) => part !== undefined);
    if (parts.length > 0) this.#options.note(parts.join(" · "));
  }

  async fail(reason: string): Promise<void> {
    this.#endLine();
    this.#failure = terminalText(reason).replace(CHAT_COMMAND, "--model");
  }

  #isLoadingDue(): boolean {
    const now = performance.now();
    const isDue = now >= this.#loadingDueAt;
    if (isDue) this.#loadingDueAt = now + LOADING_EVERY_MS;
    return isDue;
  }

  #endLine(): void {
    if (!this.#endsLine) this.#options.write("\n");
    this.#endsLine = true;
  }
}

function describeStatus(status: ReplyStatus): string {
  switch (status.type) {
    case "queued":
      return `${status.ahead} ahead of you`;
    case "loading":
      return `loading ${status.model}: ${megabytes(status.loadedBytes)} of ${megabytes(status.totalBytes)} MB`;
    case "reading":
      return `reading ${status.promptTokens} tokens${status.cachedTokens > 0 ? `, ${status.cachedTokens} from the cache` : ""}`;
  }
}

function describeStats({ model, timeToFirstTokenMs, decodeMs, completionTokens }: ReplyStats): string {
  const seconds = (timeToFirstTokenMs / 1000).toFixed(2);
  const rate = completionTokens > 1 && decodeMs > 0 ? Math.round((completionTokens - 1) / (decodeMs / 1000)) : 0;
  return `${model} · ${seconds} s to first token · ${rate} tok/s · ${completionTokens} tokens`;
}

const megabytes = (bytes: number) => Math.round(bytes / 1e6);
