import { type MessagePiece, splitPieces } from "@cria/bot-core";
import type { types } from "@slack/bolt";
import { mayHaveArrived } from "../api/slack-errors.ts";
import { escapedBytes, MAX_MARKDOWN_BYTES, withoutPings } from "./message-text.ts";
import { contextBlock, footerBlocks, REST_TO_COME, type ReplyFooter } from "./reply-blocks.ts";
import { SlackMessage } from "./slack-message.ts";
import type { SlackReplyOptions } from "./slack-reply.ts";

/** A longer reply is easier read in a file; what does not fit into these is there, with the rest. */
const MAX_MESSAGES = 3;
const REST_IN_FILE = "The whole reply is in the file below";
const FILE_NAME = "reply.md";

/** The handle of a reply whose first message may have been begun, though nobody knows its timestamp yet. */
export const BEGUN = "begun";

/** Timestamps of the messages that a handle tells of. */
export const shownIn = (handle = "") => handle.split(",").filter((ts) => ts !== "" && ts !== BEGUN);

/** What is shown of a reply: as many messages as it takes, and a file where they are too many. */
export class ReplyMessages {
  readonly #options: SlackReplyOptions;
  readonly #messages: SlackMessage[];
  /** The first ones that stay as a process before left them: what is shown comes below. */
  #numLeft = 0;
  /** Messages before the last one are whole, and stay. */
  #numWhole = 0;
  /** Whether the whole reply is in a file; undefined while nobody tried. */
  #isInFile: Promise<boolean> | undefined;
  #fileTs: string | undefined;

  constructor(options: SlackReplyOptions) {
    this.#options = options;
    this.#messages = shownIn(options.handle).map((ts, index) => this.#newMessage(index, ts));
  }

  /** Timestamps of the messages shown. */
  get shown(): readonly string[] {
    return this.#messages.flatMap(({ ts }) => ts ?? []);
  }

  /** Of the message with the file, where there is one and it is known. */
  get fileTs(): string | undefined {
    return this.#fileTs;
  }

  /** Whether there are any, or one is being written. */
  get areBegun(): boolean {
    return this.#messages.length > 0;
  }

  /** From now on another text is shown. */
  beginAnew(): void {
    this.#numWhole = 0;
  }

  /** Shows a growing text; false where it is left for later because Slack's limits are near. */
  async show(text: string): Promise<boolean> {
    const pieces = piecesOf(text);
    const last = pieces.at(-1);
    if (!last) return true;
    const numWhole = Math.min(pieces.length - 1, MAX_MESSAGES);
    for (; this.#numWhole < numWhole; this.#numWhole++) {
      const footer = this.#numWhole === MAX_MESSAGES - 1 ? TO_GO_ON : [];
      await this.#message(this.#numWhole).settle(wholePiece(pieces[this.#numWhole]!), footer);
    }
    return pieces.length > MAX_MESSAGES || (await this.#message(pieces.length - 1).show(last.before + last.body));
  }

  /**
   * Shows the whole text, and what stands under it: last of all, so that another process goes on where this one dies before.
   * Where no file can be shared, all of it comes as messages after all.
   */
  async end(text: string, footer: ReplyFooter): Promise<void> {
    const texts = piecesOf(text).map(wholePiece);
    if (texts.length <= MAX_MESSAGES) return await this.#settle(texts, footerBlocks(footer));
    const first = texts.slice(0, MAX_MESSAGES);
    await this.#settle(first, TO_GO_ON);
    this.#isInFile ??= this.#shareFile(text);
    if (!(await this.#isInFile)) return await this.#settle(texts, footerBlocks(footer));
    await this.#settle(first, footerBlocks({ ...footer, lines: [REST_IN_FILE, ...footer.lines] }));
  }

  /** Leaves all as it is, with small print under the last one that is still there. */
  async leave(line = ""): Promise<void> {
    let footer = line === "" ? [] : [contextBlock(line)];
    for (const message of this.#messages.toReversed()) if (await message.leave(footer)) footer = [];
  }

  /** Leaves what a process before has shown: what is shown from now on comes below. Whether there is anything of it. */
  async leaveBegun(): Promise<boolean> {
    if (this.#options.handle === undefined) return false;
    // One may be there of which the handle does not tell.
    if (!this.areBegun) this.#message(0);
    if (this.#numLeft === 0) await this.leave();
    this.#numLeft = this.shown.length;
    return this.#numLeft > 0;
  }

  /** Takes all of it away. */
  async remove(): Promise<void> {
    for (const message of this.#messages.splice(0)) await message.remove();
  }

  async #shareFile(text: string): Promise<boolean> {
    const { writer, target, logger, replyId, handle } = this.#options;
    const { channel, threadTs } = target;
    try {
      if (handle === undefined || !(await this.#isFileThere(text))) {
        await writer.client.shareFile({ channel, threadTs, name: FILE_NAME, text });
        // Slack does not say which message it is.
        await this.#isFileThere(text).catch(() => false);
      }
      return true;
    } catch (error) {
      if (mayHaveArrived(error) && (await this.#isFileThere(text).catch(() => false))) return true;
      logger.warn({ err: error, replyId }, "a long reply could not be shared as a file");
      return false;
    }
  }

  /** Whether it is under the last message already, as where Slack's answer to it was lost. */
  async #isFileThere(text: string): Promise<boolean> {
    const { writer, target, replyId } = this.#options;
    const afterTs = this.#messages.at(-1)?.ts ?? target.askedTs;
    const where = { channel: target.channel, threadTs: target.threadTs, afterTs, id: replyId };
    this.#fileTs = await writer.messages.findFile(where, { name: FILE_NAME, size: Buffer.byteLength(text) });
    return this.#fileTs !== undefined;
  }

  /** The final text may be shorter than what was shown: a repeated loop is cut off. */
  async #settle(texts: readonly string[], footer: readonly types.AnyBlock[]): Promise<void> {
    for (const [index, text] of texts.entries())
      await this.#message(index).settle(text, index === texts.length - 1 ? footer : []);
    for (const message of this.#messages.splice(this.#numLeft + texts.length)) await message.remove();
  }

  /** Of those that are shown below what is left. */
  #message(nth: number): SlackMessage {
    const index = this.#numLeft + nth;
    const message = this.#messages[index] ?? this.#newMessage(index);
    this.#messages[index] = message;
    return message;
  }

  #newMessage(index: number, ts?: string): SlackMessage {
    const { writer, target, replyId, facts, handle } = this.#options;
    const maybe = { "": {}, [BEGUN]: { streamed: "" } }[index === 0 ? (handle ?? "none") : "none"];
    const hasPreviews = facts.settings.showsPreviews ?? false;
    return new SlackMessage({
      writer,
      target,
      id: messageId(replyId, index),
      hasPreviews,
      mayWrite: facts.mayWrite,
      ts,
      maybe,
    });
  }
}

/** Names a message of a reply among the app's own. */
const messageId = (replyId: string, index: number) => `${replyId}.${index}`;

/** The reply that a message is part of; names of other messages are as they were. */
export const replyIdOf = (messageId: string) => messageId.replace(/\.\d+$/, "");

const TO_GO_ON = [contextBlock(REST_TO_COME)];

function piecesOf(text: string): readonly MessagePiece[] {
  return splitPieces(withoutPings(text), { limit: MAX_MARKDOWN_BYTES, measure: escapedBytes });
}

const wholePiece = ({ before, body, after }: MessagePiece) => before + body + after;
