import { isDeepStrictEqual } from "node:util";
import type { types } from "@slack/bolt";
import { type MaybeWritten, metadataOf, type OwnMessages } from "../api/own-messages.ts";
import { NotOursError, type PacedCall, type PacedClient, type PacedMethod } from "../api/paced-client.ts";
import { isDeleted, isMessageLost, mayHaveArrived, refusedFor, slackError } from "../api/slack-errors.ts";
import { fallbackText } from "./message-text.ts";
import { markdownBlocks } from "./reply-blocks.ts";
import type { StreamRefusals } from "./stream-refusals.ts";

/** Where a reply is written, and for whom. */
export interface ReplyTarget {
  readonly channel: string;
  readonly threadTs: string;
  readonly isDirect: boolean;
  /** Who asked: Slack wants to know whom a stream in a channel is for. */
  readonly userId: string;
  /** The workspace of who asked; another one where a channel is shared. */
  readonly teamId: string;
  /** What is answered: a message that was there before the reply. */
  readonly askedTs: string;
}

/** How messages are written. */
export interface MessageWriter {
  readonly client: PacedClient;
  readonly messages: OwnMessages;
  readonly streams: StreamRefusals;
}

export interface SlackMessageOptions {
  readonly writer: MessageWriter;
  readonly target: ReplyTarget;
  /** Names it among the app's messages. */
  readonly id: string;
  /** Whether links in it are shown with previews. */
  readonly hasPreviews: boolean;
  /** Whether this process still writes the reply; asked before each call that changes it. */
  readonly mayWrite: () => Promise<boolean>;
  /** Of a message that another process began. */
  readonly ts?: string | undefined;
  /** How another process may have begun it without a trace; undefined where none has. */
  readonly maybe: MaybeWritten | undefined;
}

type State =
  /** Nothing is shown. */
  | { readonly type: "new" }
  | { readonly type: "streaming"; readonly ts: string }
  /** Shown, and changed by updates from now on. */
  | { readonly type: "posted"; readonly ts: string };

/**
 * One message of a reply while it is written: streamed as long as Slack lets it, updated afterwards, posted anew where
 * even that is refused. What somebody deleted is not: what would write into it rejects with an error that `isDeleted` knows.
 */
export class SlackMessage {
  readonly #options: SlackMessageOptions;
  #state: State = { type: "new" };
  #shown = "";
  #footer: readonly types.AnyBlock[] = [];
  /** How it may be there all the same, as where Slack's answer to what began it was lost. */
  #maybe: MaybeWritten | undefined;

  constructor(options: SlackMessageOptions) {
    this.#options = options;
    this.#maybe = options.maybe;
    if (options.ts === undefined) return;
    this.#state = { type: "posted", ts: options.writer.messages.note(options.ts, options.id) };
  }

  get #channel(): string {
    return this.#options.target.channel;
  }

  get #budget() {
    return this.#options.writer.client.budget;
  }

  async #call(method: PacedMethod, args: PacedCall["args"]): Promise<void> {
    const { writer, mayWrite } = this.#options;
    await writer.client.call(method, { channel: this.#channel, ...args }, { mayCall: mayWrite });
  }

  /** Undefined while nothing is shown. */
  get ts(): string | undefined {
    return this.#state.type === "new" ? undefined : this.#state.ts;
  }

  /** Shows a growing text; false where it is left for later because Slack's limits are near. */
  async show(text: string): Promise<boolean> {
    if (text === this.#shown || text.trim() === "") return true;
    if (this.#state.type === "new") return await this.#begin(text);
    const isStream = this.#state.type === "streaming" && text.startsWith(this.#shown);
    if (!this.#budget.hasRoom(isStream ? "chat.appendStream" : "chat.update")) return false;
    if (this.#state.type === "posted") await this.#update(text, []);
    else if (!isStream) await this.#endStreamAndUpdate(text, []);
    else await this.#append(this.#state.ts, text);
    return true;
  }

  /** Shows the message as it stays, with what stands under it. */
  async settle(text: string, footer: readonly types.AnyBlock[]): Promise<void> {
    if (this.#state.type === "streaming") {
      if (!text.startsWith(this.#shown)) return await this.#endStreamAndUpdate(text, footer);
      return await this.#stop(this.#state.ts, text, footer);
    }
    if (this.#state.type === "new" && !(await this.#isThere())) return await this.#post(text, footer);
    if (text !== this.#shown || !isDeepStrictEqual(footer, this.#footer)) await this.#update(text, footer);
  }

  /** Takes the message away. */
  async remove(): Promise<void> {
    if (this.#state.type === "streaming") await this.#endStream();
    if (this.ts === undefined) return;
    this.#options.writer.messages.forget(this.ts);
    const removing = this.#call("chat.delete", { ts: this.ts });
    await removing.catch((error) => {
      if (!isMessageLost(error) && !isDeleted(error)) throw error;
    });
  }

  /** Leaves the words as they are, over a footer where this process wrote them. False where the message is not there. */
  async leave(footer: readonly types.AnyBlock[] = []): Promise<boolean> {
    if (this.#state.type === "new" && !(await this.#isThere())) return false;
    try {
      // What a process before began may still be streamed.
      if (this.#shown === "") await this.#endStream();
      else if (footer.length > 0 || this.#state.type === "streaming") await this.settle(this.#shown, footer);
    } catch (error) {
      throwIfNotOurs(error);
      return false;
    }
    this.#state = { type: "posted", ts: String(this.ts) };
    return true;
  }

  /** Streamed where Slack lets it, else posted; false where neither may be done yet. */
  async #begin(text: string): Promise<boolean> {
    if (await this.#isThere()) return await this.show(text);
    const { streams } = this.#options.writer;
    if (!streams.areRefused(this.#channel)) {
      try {
        return await this.#start(text);
      } catch (error) {
        if (mayHaveArrived(error)) this.#maybe = { streamed: text };
        if (!streams.note(this.#channel, refusedFor(error))) throw error;
      }
    }
    if (!this.#budget.hasRoom("chat.postMessage", this.#channel)) return false;
    await this.#post(text, []);
    return true;
  }

  /** Looks for a message that may have been begun; one that is still streamed is ended, since nobody knows what arrived. */
  async #isThere(): Promise<boolean> {
    if (!this.#maybe) return false;
    const ts = await this.#options.writer.messages.find(this.#own, this.#maybe);
    this.#maybe = undefined;
    if (ts === undefined) return false;
    this.#state = { type: "posted", ts };
    await this.#endStream();
    return true;
  }

  get #own() {
    const { target, id } = this.#options;
    return { channel: target.channel, threadTs: target.threadTs, afterTs: target.askedTs, id };
  }

  async #start(text: string): Promise<boolean> {
    const { writer, target } = this.#options;
    const { channel, threadTs, isDirect, userId, teamId } = target;
    const recipient = isDirect ? {} : { recipient_user_id: userId, recipient_team_id: teamId };
    const args = { channel, thread_ts: threadTs, markdown_text: text, ...recipient };
    const started = await writer.client.callNow("chat.startStream", args);
    if (!started) return false;
    this.#state = { type: "streaming", ts: writer.messages.note(started.ts, this.#options.id) };
    this.#shown = text;
    return true;
  }

  async #append(ts: string, text: string): Promise<void> {
    const added = text.slice(this.#shown.length);
    try {
      await this.#call("chat.appendStream", { ts, markdown_text: added });
      this.#shown = text;
    } catch (error) {
      if (slackError(error) === "message_not_in_streaming_state") return await this.#update(text, []);
      await this.#endStreamAndUpdate(text, []);
    }
  }

  async #stop(ts: string, text: string, footer: readonly types.AnyBlock[]): Promise<void> {
    const rest = text.slice(this.#shown.length);
    const named = { metadata: metadataOf(this.#options.id), session_status: "active" };
    const args = { ts, ...(rest && { markdown_text: rest }), ...named };
    try {
      await this.#call("chat.stopStream", { ...args, ...(footer.length > 0 && { blocks: footer }) });
      this.#state = { type: "posted", ts };
      this.#isShown(text, footer);
    } catch (error) {
      if (isMessageLost(error) || slackError(error) === undefined) return await this.#endStreamAndUpdate(text, footer);
      if (slackError(error) !== "message_not_in_streaming_state") throw error;
      await this.#update(text, footer);
    }
  }

  /** For a text that does not continue what is shown, and for a stream of which nobody knows what arrived. */
  async #endStreamAndUpdate(text: string, footer: readonly types.AnyBlock[]): Promise<void> {
    await this.#endStream();
    await this.#update(text, footer);
  }

  async #endStream(): Promise<void> {
    await this.#call("chat.stopStream", { ts: this.ts, session_status: "active" }).catch(throwIfNotOurs);
  }

  async #update(text: string, footer: readonly types.AnyBlock[]): Promise<void> {
    const { ts } = this;
    if (ts === undefined) return await this.#post(text, footer);
    this.#state = { type: "posted", ts };
    const args = { ts, ...content(text, footer) };
    try {
      await this.#call("chat.update", args).catch((error) => this.#updateStream(args, error));
      this.#isShown(text, footer);
    } catch (error) {
      if (!isMessageLost(error)) throw error;
      await this.#post(text, footer);
    }
  }

  /** A message that a dead process was still streaming. */
  async #updateStream(args: Readonly<Record<string, unknown>>, error: unknown): Promise<void> {
    if (slackError(error) !== "streaming_state_conflict") throw error;
    await this.#endStream();
    await this.#call("chat.update", args);
  }

  async #post(text: string, footer: readonly types.AnyBlock[]): Promise<void> {
    try {
      const { writer, hasPreviews, mayWrite } = this.#options;
      const post = { ...this.#own, ...content(text, footer), hasPreviews, mayCall: mayWrite };
      const ts = await writer.messages.post(post);
      this.#state = { type: "posted", ts };
      this.#isShown(text, footer);
    } catch (error) {
      if (mayHaveArrived(error)) this.#maybe ??= {};
      throw error;
    }
  }

  #isShown(text: string, footer: readonly types.AnyBlock[]): void {
    this.#shown = text;
    this.#footer = footer;
  }
}

function content(text: string, footer: readonly types.AnyBlock[]) {
  return { text: fallbackText(text), blocks: markdownBlocks(text, footer) };
}

function throwIfNotOurs(error: unknown): void {
  if (error instanceof NotOursError) throw error;
}
