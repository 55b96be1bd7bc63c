import {
  canContinue,
  endLine,
  type MessagePiece,
  type Reply,
  type ReplyButtons,
  type ReplyEnd,
  type ReplyFacts,
  type ReplyStats,
  type ReplyStatus,
  StreamEditor,
  splitPieces,
  statsLine,
  statusLine,
  within,
} from "@cria/bot-core";
import type { Logger } from "pino";
import { NotOursError } from "../api/paced-client.ts";
import { isDeleted, isUnreachable, retryAfterMs } from "../api/slack-errors.ts";
import { escapedBytes, MAX_MARKDOWN_BYTES, withoutPingBegun, withoutPings } from "./message-text.ts";
import { contextBlock, footerBlocks, REST_TO_COME, type ReplyFooter } from "./reply-blocks.ts";
import { type MessageWriter, type ReplyTarget, SlackMessage } from "./slack-message.ts";
import { ThreadStatus } from "./thread-status.ts";

/** A longer reply is easier read in a file; what does not fit into these is there, with the rest. */
const MAX_MESSAGES = 3;
const REST_IN_FILE = "The whole reply is in the file below";
const ANSWERS_ANEW = "*The question was changed; I answer it anew…*";
const FILE_NAME = "reply.md";
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
  /** Called once, when it has ended. */
  readonly onEnd: () => void;
  /** Somebody deleted it while it was written. */
  readonly onDeleted: () => void;
  readonly replaces?: OlderReply;
  /** The `handle` of another process's reply, to go on in its messages; "" where it may have begun one nobody knows of. */
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
}

/** A reply in a thread: status, stream, buttons; as many messages as it takes. */
export class SlackReply implements Reply {
  readonly #options: SlackReplyOptions;
  readonly #status: ThreadStatus;
  readonly #givenUp = new AbortController();
  readonly #messages: SlackMessage[];
  readonly #editor: StreamEditor<ReplyState>;
  #text = "";
  #isDeleted = false;
  #isShown = false;
  /** Messages before the last one are whole, and stay. */
  #numWhole = 0;
  /** Whether the whole reply is in a file; undefined while nobody tried. */
  #isInFile: Promise<boolean> | undefined;

  constructor(options: SlackReplyOptions) {
    const { writer, target, logger, handle = "" } = options;
    this.#options = options;
    this.#status = new ThreadStatus(writer.client, target, logger);
    const begun = handle.split(",").filter((ts) => ts !== "");
    this.#messages = begun.map((ts, index) => this.#newMessage(index, ts));
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

  /** Timestamps of the messages shown. */
  get handle(): string {
    return this.#messages.flatMap(({ ts }) => ts ?? []).join(",");
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
    const line = statusLine(status);
    // After the bot's name, as "Cria is reading 1,200 tokens".
    this.#status.show(
      status.type === "queued" ? `is waiting, ${line}` : `is ${line.charAt(0).toLowerCase()}${line.slice(1)}`,
    );
  }

  async append(text: string): Promise<void> {
    if (this.#text === "") this.#status.show("is writing…");
    // Where Slack's limits allow no stream yet, the status stays.
    if (this.#messages[0]?.ts !== undefined) this.#status.end();
    this.#text += text;
    this.#editor.update({ text: withoutPingBegun(this.#text), footer: undefined });
  }

  /** Until the first new words, what is shown says why the old ones are gone. */
  async clear(): Promise<void> {
    this.#text = "";
    this.#numWhole = 0;
    if (this.#messages.length > 0) this.#editor.update({ text: ANSWERS_ANEW, footer: undefined });
  }

  async finish(
    end: ReplyEnd,
    text: string,
    stats: ReplyStats | undefined,
    buttons: ReplyButtons = "all",
  ): Promise<void> {
    const lines = [endLine(end) ?? "", stats ? statsLine(stats) : ""];
    await this.#showLast(text, lines, { buttons, canContinue: canContinue(end) && text.trim() !== "" });
  }

  async fail(reason: string, buttons: ReplyButtons = "all"): Promise<void> {
    await this.#showLast(this.#text, [`⚠️ ${reason}`], { buttons, canContinue: false });
  }

  /** The status stays until the next process shows its own. */
  async leave(): Promise<void> {
    this.#status.end();
    await this.#editor.cancel();
    this.#options.onEnd();
  }

  /** Nothing was written, and nobody asks any more. */
  async discard(): Promise<void> {
    await this.#editor.cancel();
    try {
      for (const message of this.#messages.splice(0)) await message.remove();
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
    void cleared.finally(this.#options.onEnd);
  }

  async #showLast(
    text: string,
    smallPrint: readonly string[],
    { buttons, canContinue }: Pick<ReplyFooter, "buttons" | "canContinue">,
  ): Promise<void> {
    const { replyId, logger } = this.#options;
    const isEmpty = text.trim() === "";
    const lines = smallPrint.filter((line) => line !== "");
    // Where there are no words, the small print is the message.
    const shown = isEmpty ? lines.join(" ") || "…" : text;
    const wantsFeedback = buttons !== "none" && !isEmpty && this.#options.facts.wantsFeedback;
    const footer = { replyId, lines: isEmpty ? [] : lines, buttons, canContinue, wantsFeedback };
    try {
      await this.#editor.finish({ text: shown, footer });
    } catch (error) {
      logger.error({ err: error, replyId }, "a reply was not shown whole");
    } finally {
      this.#close();
    }
  }

  /** Gives the reply up where nothing can be written any more. */
  async #showIfReachable(state: ReplyState): Promise<boolean> {
    if (this.#isDeleted) return await this.#leaveMessages();
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
        return await this.#leaveMessages();
      }
      if (!isUnreachable(error)) throw error;
      logger.warn({ err: error, channel: target.channel }, "a reply can no longer be written");
      this.giveUp();
      return true;
    }
  }

  #noteShown(): void {
    if (this.#isShown || this.handle === "") return;
    this.#isShown = true;
    this.#options.replaces?.onShown();
  }

  async #leaveMessages(): Promise<true> {
    for (const message of this.#messages) await message.leave();
    return true;
  }

  async #show({ text, footer }: ReplyState): Promise<boolean> {
    const pieces = splitPieces(withoutPings(text), { limit: MAX_MARKDOWN_BYTES, measure: escapedBytes });
    const last = pieces.at(-1);
    if (!last) return true;
    if (footer) {
      await this.#end(pieces.map(wholePiece), text, footer);
      return true;
    }
    const numWhole = Math.min(pieces.length - 1, MAX_MESSAGES);
    for (; this.#numWhole < numWhole; this.#numWhole++) {
      const isLast = this.#numWhole === MAX_MESSAGES - 1;
      const footer = isLast ? [contextBlock(REST_TO_COME)] : [];
      await this.#message(this.#numWhole).settle(wholePiece(pieces[this.#numWhole]!), footer);
    }
    return pieces.length > MAX_MESSAGES || (await this.#message(pieces.length - 1).show(last.before + last.body));
  }

  /** Where no file can be shared, all of it comes as messages after all. */
  async #end(texts: readonly string[], text: string, footer: ReplyFooter): Promise<void> {
    if (texts.length <= MAX_MESSAGES) return await this.#settle(texts, footer);
    await this.#settle(texts.slice(0, MAX_MESSAGES), { ...footer, lines: [REST_IN_FILE, ...footer.lines] });
    this.#isInFile ??= this.#shareFile(text);
    if (!(await this.#isInFile)) await this.#settle(texts, footer);
  }

  async #shareFile(text: string): Promise<boolean> {
    const { writer, target, logger, replyId } = this.#options;
    try {
      await writer.client.shareFile({ channel: target.channel, threadTs: target.threadTs, name: FILE_NAME, text });
      return true;
    } catch (error) {
      logger.warn({ err: error, replyId }, "a long reply could not be shared as a file");
      return false;
    }
  }

  /** The final text may be shorter than what was shown: a repeated loop is cut off. */
  async #settle(texts: readonly string[], footer: ReplyFooter): Promise<void> {
    for (const [index, text] of texts.entries())
      await this.#message(index).settle(text, index === texts.length - 1 ? footerBlocks(footer) : []);
    for (const message of this.#messages.splice(texts.length)) await message.remove();
  }

  #message(index: number): SlackMessage {
    const message = this.#messages[index] ?? this.#newMessage(index);
    this.#messages[index] = message;
    return message;
  }

  #newMessage(index: number, ts?: string): SlackMessage {
    const { writer, target, replyId, facts, handle } = this.#options;
    const mayBeThere = index === 0 && handle === "";
    const hasPreviews = facts.settings.showsPreviews ?? false;
    return new SlackMessage({
      writer,
      target,
      id: messageId(replyId, index),
      hasPreviews,
      mayWrite: facts.mayWrite,
      ts,
      mayBeThere,
    });
  }
}

/** Names a message of a reply among the app's own. */
const messageId = (replyId: string, index: number) => `${replyId}.${index}`;

/** The reply that a message is part of; names of other messages are as they were. */
export const replyIdOf = (messageId: string) => messageId.replace(/\.\d+$/, "");

const wholePiece = ({ before, body, after }: MessagePiece) => before + body + after;
