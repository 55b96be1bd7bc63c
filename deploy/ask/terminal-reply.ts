import {
  endWords,
  type Reply,
  type ReplyEnd,
  type ReplyStats,
  type ReplyStatus,
  statsLine,
  statusLine,
} from "@cria/bot-core";
import { terminalText } from "../terminal-text.ts";

/** Where a reply in a terminal goes. */
export interface TerminalReplyOptions {
  readonly signal: AbortSignal;
  /** The reply's own text. */
  readonly write: (text: string) => void;
  /** What happens and the figures, for people; nothing where nobody looks. */
  readonly note: (line: string) => void;
}

/** A line each second is enough of a load. */
const LOADING_EVERY_MS = 1_000;

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
    this.#options.note(statusLine(status));
  }

  async append(text: string): Promise<void> {
    const shown = terminalText(text);
    if (shown === "") return;
    this.#options.write(shown);
    this.#endsLine = shown.endsWith("\n");
  }

  async finish(end: ReplyEnd, _text: string, stats: ReplyStats | undefined): Promise<void> {
    this.#endLine();
    const parts = [endWords(end), stats && statsLine(stats)].filter((part) => part !== undefined);
    if (parts.length > 0) this.#options.note(parts.join(" · "));
  }

  async fail(reason: string): Promise<void> {
    this.#endLine();
    this.#failure = terminalText(reason);
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
