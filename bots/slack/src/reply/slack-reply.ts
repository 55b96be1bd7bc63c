import {
  canContinue,
  endLine,
  type Reply,
  type ReplyButtons,
  type ReplyEnd,
  type ReplyFacts,
  type ReplyStats,
  type ReplyStatus,
  StreamEditor,
  statsLine,
  statusLine,
  within,
} from "@cria/bot-core";
import type { Logger } from "pino";
import { NotOursError } from "../api/paced-client.ts";
import { isDeleted, isUnreachable, retryAfterMs } from "../api/slack-errors.ts";
import { withoutPingBegun } from "./message-text.ts";
import type { ReplyFooter } from "./reply-blocks.ts";
import { BEGUN, ReplyMessages } from "./reply-messages.ts";
import type { MessageWriter, ReplyTarget } from "./slack-message.ts";
import { ThreadStatus } from "./thread-status.ts";

const ANSWERS_ANEW = "*The question was changed; I answer it anew…*";
/** Between two changes of a reply: soon enough for a reader; the budget keeps to Slack's limits. */
const EDIT_INTERVAL_MS = 500;
/** The end of a process waits no longer for a status to go; Slack's limits may hold that back for minutes. */
const CLEAR_MS = 1_000;

export interface SlackReplyOptions {
  readonly writer: MessageWriter;
  readonly target: ReplyTarget;
  readonly replyId: string;
  readonly facts: ReplyFacts;
  readonly logger: Logger;
  /** Somebody deleted it while it was written. */
  readonly onDeleted: () => void;
  readonly replaces?: OlderReply;
  /** Of the bot's own message that shows the question: with it the reply is forgotten. */
  readonly questionTs?: string;
  /** The `handle` of another process's reply, to go on in its messages; "" where it may have begun one that nobody knows of. */
  readonly handle?: string | undefined;
}

/** A reply whose place another takes: told when that one first shows something, and when that is taken back. */
export interface OlderReply {
  readonly onShown: () => void;
  readonly onDiscarded: () => void;
}

/** A text to show; with a footer it is the last one. */
interface ReplyState {
  readonly text: string;
  readonly footer: ReplyFooter | undefined;
  /** Of one that ended without words of its own: those of a process before stay, with a sentence below or with none. */
  readonly wordless?: WordlessEnd | undefined;
}

type WordlessEnd = "failed" | "stopped";

/** A reply in a thread: status, stream, buttons; as many messages as it takes. */
export class SlackReply implements Reply {
  readonly #options: SlackReplyOptions;
  readonly #status: ThreadStatus;
  readonly #givenUp = new AbortController();
  readonly #messages: ReplyMessages;
  readonly #editor: StreamEditor<ReplyState>;
  readonly #end: () => void;
  /** Resolves when it has ended, or is another process's. */
  readonly ended: Promise<void>;
  #text = "";
  #isDeleted = false;
  #isShown = false;
  #isInTurn = false;

  constructor(options: SlackReplyOptions) {
    const { writer, target, logger } = options;
    this.#options = options;
    let end = () => {};
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    this.#end = end;
    this.#status = new ThreadStatus(writer.client, target, logger);
    this.#messages = new ReplyMessages(options);
    this.#editor = new StreamEditor({
      intervalMs: EDIT_INTERVAL_MS,
      edit: (state) => this.#showIfReachable(state),
      mayEdit: () => options.facts.mayWrite(),
      retryAfterMs,
    });
  }

  get signal(): AbortSignal {
    return this.#givenUp.signal;
  }

  /** Timestamps of the messages shown. Once its turn has come, a stream may be there of which Slack has not told yet. */
  get handle(): string {
    return this.#messages.shown.join(",") || (this.#isInTurn ? BEGUN : "");
  }

  /** Of the last one the buttons tell. */
  get shownIn(): readonly string[] {
    const others = [this.#options.questionTs, this.#messages.fileTs];
    return [...this.#messages.shown.slice(0, -1), ...others.flatMap((ts) => ts ?? [])];
  }

  /** Somebody deleted it, or one of its messages: nothing more is written. */
  endUnseen(): void {
    this.#isDeleted = true;
  }

  /** Shows at once that someone is at work. */
  begin(): void {
    this.#status.show("is thinking…");
    this.#status.showStopButton();
  }

  /** Gives the reply up, as at a shutdown. */
  giveUp(): void {
    this.#givenUp.abort();
  }

  async status(status: ReplyStatus): Promise<void> {
    this.#isInTurn ||= status.type === "reading";
    const line = statusLine(status);
    // After the bot's name, as "Cria is reading 1,200 tokens".
    this.#status.show(
      status.type === "queued" ? `is waiting, ${line}` : `is ${line.charAt(0).toLowerCase()}${line.slice(1)}`,
    );
  }

  async append(text: string): Promise<void> {
    if (this.#text === "") this.#status.show("is writing…");
    // Where Slack's limits allow no stream yet, the status stays.
    if (this.#messages.shown.length > 0) this.#status.end();
    this.#text += text;
    this.#editor.update({ text: withoutPingBegun(this.#text), footer: undefined });
  }

  /** Until the first new words, what is shown says why the old ones are gone. */
  async clear(): Promise<void> {
    this.#text = "";
    this.#messages.beginAnew();
    if (this.#messages.areBegun) this.#editor.update({ text: ANSWERS_ANEW, footer: undefined });
  }

  async finish(
    end: ReplyEnd,
    text: string,
    stats: ReplyStats | undefined,
    buttons: ReplyButtons = "all",
  ): Promise<void> {
    const lines = [endLine(end) ?? "", stats ? statsLine(stats) : ""];
    const shown = { buttons, canContinue: canContinue(end) && text.trim() !== "" };
    await this.#showLast(text, lines, shown, end === "stopped" ? end : undefined);
  }

  async fail(reason: string, buttons: ReplyButtons = "all"): Promise<void> {
    await this.#showLast(this.#text, [`⚠️ ${reason}`], { buttons, canContinue: false }, "failed");
  }

  /** The status stays until the next process shows its own. */
  async leave(): Promise<void> {
    this.#status.end();
    await this.#editor.cancel();
    this.#end();
  }

  /** Nothing was written, and nobody asks any more. */
  async discard(): Promise<void> {
    await this.#editor.cancel();
    try {
      await this.#messages.remove();
      if (this.#isShown) this.#options.replaces?.onDiscarded();
    } catch (error) {
      this.#options.logger.debug({ err: error }, "a reply to nothing was not taken away");
    } finally {
      this.#close();
    }
  }

  /** Nobody has to wait until the status is gone, but the process's own end. */
  #close(): void {
    const cleared = within(CLEAR_MS, this.#status.clear()).catch(() => undefined);
    void cleared.finally(this.#end);
  }

  async #showLast(
    text: string,
    smallPrint: readonly string[],
    { buttons, canContinue }: Pick<ReplyFooter, "buttons" | "canContinue">,
    end: WordlessEnd | undefined,
  ): Promise<void> {
    const { replyId, logger } = this.#options;
    const isEmpty = text.trim() === "";
    const lines = smallPrint.filter((line) => line !== "");
    // Where there are no words, the small print is the message.
    const shown = isEmpty ? lines.join(" ") || "…" : text;
    const wantsFeedback = buttons !== "none" && !isEmpty && this.#options.facts.wantsFeedback;
    const footer = { replyId, lines: isEmpty ? [] : lines, buttons, canContinue, wantsFeedback };
    try {
      await this.#editor.finish({ text: shown, footer, wordless: isEmpty ? end : undefined });
    } catch (error) {
      logger.error({ err: error, replyId }, "a reply was not shown whole");
      throw error;
    } finally {
      this.#close();
    }
  }

  /** Gives the reply up where nothing can be written any more. */
  async #showIfReachable(state: ReplyState): Promise<boolean> {
    if (this.#isDeleted) return await this.#leaveMessages(state);
    if (this.signal.aborted && state.footer === undefined) return true;
    try {
      const isDone = await this.#show(state);
      this.#noteShown();
      return isDone;
    } catch (error) {
      if (error instanceof NotOursError) return true;
      const { target, logger, onDeleted } = this.#options;
      if (isDeleted(error)) {
        this.endUnseen();
        onDeleted();
        return await this.#leaveMessages(state);
      }
      if (!isUnreachable(error)) throw error;
      logger.warn({ err: error, channel: target.channel }, "a reply can no longer be written");
      this.giveUp();
      return true;
    }
  }

  #noteShown(): void {
    if (this.#isShown || this.#messages.shown.length === 0) return;
    this.#isShown = true;
    this.#options.replaces?.onShown();
  }

  /** Where one of them was deleted, those that stay end with a sign. */
  async #leaveMessages({ footer }: ReplyState): Promise<true> {
    if (footer) await this.#messages.leave(endLine("stopped"));
    return true;
  }

  async #show({ text, footer, wordless }: ReplyState): Promise<boolean> {
    if (!footer) return await this.#messages.show(text);
    const areWordsLeft = wordless !== undefined && !this.#isShown && (await this.#messages.leaveBegun());
    if (areWordsLeft && wordless === "stopped") return true;
    await this.#messages.end(text, footer);
    return true;
  }
}
