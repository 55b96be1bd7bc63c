import {
  canContinue,
  endLine,
  type Reply,
  type ReplyButtons,
  type ReplyEnd,
  type ReplyStats,
  type ReplyStatus,
  StreamEditor,
  statsLine,
  statusLine,
} from "@cria/bot-core";
import type { Logger } from "pino";
import { guarded } from "../gateway/write-guard.ts";
import type { ButtonAction } from "./buttons.ts";
import { isForbidden, isLost } from "./discord-errors.ts";
import { messageIds, ReplyMessages, type ReplyTarget } from "./reply-messages.ts";
import { type ReplyState, replyParts } from "./reply-parts.ts";

/** Between two edits of one reply. What a channel's replies may do together: `ChannelPace`. */
const EDIT_INTERVAL_MS = 1_000;

/** Who waits less than this is not told how many are ahead, in milliseconds. */
const NOTICE_AFTER_MS = 3_000;

const BROKEN_OFF = "⚠️ I may not write here any more.";
const ANSWERS_ANEW = "The question was changed; I answer it anew…";

export interface DiscordReplyOptions {
  readonly target: ReplyTarget;
  readonly replyId: string;
  /** Whether 👍 and 👎 stand under it. */
  readonly wantsFeedback: boolean;
  /** As `ReplyFacts` has it. */
  readonly mayWrite: () => Promise<boolean>;
  readonly logger: Logger;
  /** Told when it was taken away, if anything of it was shown. */
  readonly onDiscarded?: () => void;
  /** Told when the reply cannot be shown any more, with Discord's error and whether anything of it was. */
  readonly onLost: (error: unknown, wasShown: boolean) => void;
  /** The `handle` of a dead process's reply, to go on in its messages. */
  readonly handle?: string | undefined;
  /** In milliseconds. Default 1,000. */
  readonly editIntervalMs?: number;
}

/** A reply on Discord: typing until its first words, then as many messages as it takes, edited as it grows. */
export class DiscordReply implements Reply {
  /** Resolves when its last words are shown, or none will be. */
  readonly ended: Promise<void>;
  readonly #options: DiscordReplyOptions;
  readonly #messages: ReplyMessages;
  readonly #editor: StreamEditor<ReplyState>;
  readonly #givenUp = new AbortController();
  readonly #stopTyping: () => void;
  #notice: NodeJS.Timeout | undefined;
  #ahead: ReplyStatus | undefined;
  #end = () => {};
  #text = "";
  /** Its messages that somebody deleted. */
  readonly #gone = new Set<string>();
  /** What was shown whole last. */
  #shown: ReplyState | undefined;
  /** Whether a message was begun, if only asked for. */
  #hasBegun = false;

  constructor(options: DiscordReplyOptions) {
    const { target, replyId, handle = "", editIntervalMs = EDIT_INTERVAL_MS } = options;
    this.#options = options;
    this.#messages = new ReplyMessages(target, replyId, messageIds(handle));
    this.#hasBegun = handle !== "";
    const mayEdit = () => options.mayWrite();
    this.#editor = new StreamEditor({ intervalMs: editIntervalMs, mayEdit, edit: (state) => this.#show(state) });
    this.#stopTyping = target.pace.typing.start();
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get signal(): AbortSignal {
    return this.#givenUp.signal;
  }

  /** Ids of the messages shown. */
  get handle(): string {
    return this.shownIn.join(",");
  }

  get shownIn(): readonly string[] {
    return this.#messages.ids;
  }

  /** Gives the reply up, as at a shutdown. */
  giveUp(): void {
    this.#givenUp.abort();
  }

  /** Somebody deleted one of its messages: of the others the last says that it was stopped. */
  giveUpMessage(id: string): void {
    if (!this.shownIn.includes(id)) return;
    this.#gone.add(id);
    this.giveUp();
  }

  /** Whether it stands in that channel or guild. */
  isIn(id: string): boolean {
    const { channel } = this.#options.target;
    const parentId = channel.isThread() ? channel.parentId : undefined;
    const guildId = channel.isDMBased() ? undefined : channel.guildId;
    return [channel.id, parentId, guildId].includes(id);
  }

  /** Reading is short; what may last gets a message that Stop can stand under. */
  async status(status: ReplyStatus): Promise<void> {
    if (status.type === "queued") return this.#noteQueue(status);
    this.#endNotice();
    if (status.type === "reading" && !this.#hasBegun) return;
    this.#showNext(`${statusLine(status)}…`);
  }

  /** Told once, after a while: in a full channel the edits of all who wait would hold up the answers. */
  #noteQueue(status: ReplyStatus): void {
    this.#ahead = status;
    if (!this.#hasBegun)
      this.#notice ??= setTimeout(() => this.#showNext(`${statusLine(this.#ahead ?? status)}…`), NOTICE_AFTER_MS);
    else if (!this.#isShown) this.#showNext(`${statusLine(status)}…`);
  }

  #endNotice(): void {
    clearTimeout(this.#notice);
  }

  async append(text: string): Promise<void> {
    this.#endNotice();
    this.#stopTyping();
    this.#text += text;
    if (this.#text.trim() !== "") this.#showNext("");
  }

  async clear(): Promise<void> {
    this.#text = "";
    if (this.#hasBegun) this.#showNext(ANSWERS_ANEW);
  }

  async finish(
    end: ReplyEnd,
    text: string,
    stats: ReplyStats | undefined,
    useful: ReplyButtons = "all",
  ): Promise<void> {
    this.#text = text;
    const isEmpty = text.trim() === "";
    // Stopped before it showed anything, as by deleting the question: there is nothing to say, and the words of a process before stay.
    if (isEmpty && end === "stopped" && (!this.#hasBegun || this.#isUntouched)) return await this.#endUntouched();
    const smallPrint = [endLine(end), stats && statsLine(stats)].filter(Boolean).join(" · ");
    const buttons = this.#endButtons(useful, { mayContinue: canContinue(end), isEmpty });
    await this.#showLast({ smallPrint: smallPrint || (isEmpty ? "No words." : ""), buttons });
  }

  async fail(reason: string, useful: ReplyButtons = "all"): Promise<void> {
    const isEmpty = this.#text.trim() === "";
    const line = `⚠️ ${reason}`;
    if (isEmpty && this.#isUntouched) await this.#messages.leaveBegun().catch((error) => this.#noteNotEnded(error));
    if (isEmpty) this.#text = line;
    const buttons = this.#endButtons(useful, { mayContinue: false, isEmpty: true });
    await this.#showLast({ smallPrint: isEmpty ? "" : line, buttons });
  }

  /** Of those that can do something, the ones that make sense under these words. */
  #endButtons(
    useful: ReplyButtons,
    { mayContinue, isEmpty }: { readonly mayContinue: boolean; readonly isEmpty: boolean },
  ): ButtonAction[] {
    if (useful === "none") return [];
    const rate: ButtonAction[] = this.#options.wantsFeedback && !isEmpty ? ["up", "down"] : [];
    if (useful === "rating") return rate;
    return mayContinue && !isEmpty ? ["regenerate", "continue", ...rate] : ["regenerate", ...rate];
  }

  async leave(): Promise<void> {
    this.#drop();
    await this.#editor.cancel();
  }

  /** What said that the question waits goes: nothing was written, and nobody asks any more. */
  async discard(): Promise<void> {
    this.#endNotice();
    this.#stopTyping();
    try {
      await this.#editor.cancel();
      const wasShown = this.#isShown;
      await this.#messages.show([]);
      if (wasShown) this.#options.onDiscarded?.();
    } catch (error) {
      this.#options.logger.debug({ err: error }, "a reply to nothing was not taken away");
    } finally {
      this.#end();
    }
  }

  async #endUntouched(): Promise<void> {
    try {
      if (!(await this.#messages.leaveBegun())) await this.#messages.show([]);
    } catch (error) {
      this.#noteNotEnded(error);
    }
    this.#drop();
  }

  #noteNotEnded(error: unknown): void {
    this.#options.logger.debug({ err: error }, "what was left of a reply was not ended");
  }

  #drop(): void {
    this.#endNotice();
    this.#stopTyping();
    void this.#editor.cancel();
    this.#end();
  }

  #showNext(smallPrint: string): void {
    this.#hasBegun = true;
    this.#editor.update(this.#state({ smallPrint, buttons: ["stop"] }));
  }

  async #showLast(shown: Pick<ReplyState, "smallPrint" | "buttons">): Promise<void> {
    this.#endNotice();
    this.#stopTyping();
    try {
      await this.#editor.finish(this.#state({ ...shown, isEnded: true }));
    } catch (error) {
      this.#options.logger.error({ err: error, replyId: this.#options.replyId }, "a reply was not shown whole");
      throw error;
    } finally {
      this.#end();
    }
  }

  #state(shown: Pick<ReplyState, "smallPrint" | "buttons"> & { readonly isEnded?: boolean }): ReplyState {
    return { replyId: this.#options.replyId, text: this.#text, isEnded: false, ...shown };
  }

  /** What another text will follow is left for later where the channel's limit is near. */
  async #show(state: ReplyState): Promise<boolean> {
    if (!state.isEnded && (this.#gone.size > 0 || !this.#hasRoomFor(state))) return false;
    try {
      await guarded(this.#options.mayWrite, () => this.#showParts(state));
      this.#shown = state;
    } catch (error) {
      if (!isLost(error)) throw error;
      await this.#lose(error, state);
    }
    return true;
  }

  async #showParts(state: ReplyState): Promise<void> {
    if (this.#gone.size === 0) await this.#messages.show(replyParts(state));
    else await this.#messages.endWithout(this.#gone, endLine("stopped")!);
  }

  #hasRoomFor({ text }: ReplyState): boolean {
    const { creates, edits } = this.#options.target.pace;
    return (this.#isShown ? edits : creates).hasRoomFor(text.trim() === "" ? "notice" : "words");
  }

  /** Whether all that is shown is of a process before. */
  get #isUntouched(): boolean {
    return this.#isShown && this.#shown === undefined;
  }

  get #isShown(): boolean {
    return this.#messages.ids.length > 0;
  }

  /** Its channel is gone, or the bot may not write there any more: the model need not go on, and what is shown says so. */
  async #lose(error: unknown, state: ReplyState): Promise<void> {
    if (this.signal.aborted) return;
    this.giveUp();
    this.#options.onLost(error, this.#isShown);
    const smallPrint = isForbidden(error) ? BROKEN_OFF : "";
    await this.#messages.breakOff(replyParts({ ...(this.#shown ?? state), smallPrint, buttons: [], isEnded: false }));
    this.#drop();
  }
}
