import { admit } from "./access/admit.ts";
import type { Arrival } from "./arrivals.ts";
import { BotError, type BotErrorCode } from "./bot-error.ts";
import type { KeptReply } from "./buttons/kept-reply.ts";
import type { RunningReply } from "./buttons/running-replies.ts";
import { standingReply } from "./buttons/standing-reply.ts";
import { trackReply } from "./buttons/tracked-reply.ts";
import { spellCommands } from "./commands/command-spelling.ts";
import { conversationKey, workspaceKey } from "./conversation-key.ts";
import type { ConversationSettings, Turn } from "./conversation-store.ts";
import type { Core } from "./core.ts";
import { checkLength } from "./input/message-length.ts";
import type { IncomingMessage, Reply, ReplyButtons } from "./platform.ts";
import { renderPrompt } from "./prompt/prompt.ts";
import { countTokens, recordExchange } from "./records/after-reply.ts";
import { notesUnder } from "./reply/notes.ts";
import { ReplyText } from "./reply/reply-text.ts";
import { type StreamedReply, streamReply } from "./reply/stream-reply.ts";
import { resolveSettings } from "./settings.ts";
import { takeTurn } from "./take-turn.ts";
import { slideWindow } from "./window.ts";

const EMPTY_MESSAGE_ANSWER = "Yes? Write me something and I will answer; /help lists what else I can do.";

/** Failures that another try by a button would not mend. */
const FINAL: ReadonlySet<BotErrorCode> = new Set(["ACCESS_DENIED", "FILE_REFUSED", "REPLY_GONE"]);

/** One question and where its reply goes. */
export interface AnswerOptions {
  readonly core: Core;
  readonly message: IncomingMessage;
  /** Lets the message in. Throws what keeps it from being answered. */
  admit(): Promise<void>;
  /** Reads the text it is about; "" for none. In the conversation's turn, so that a slow file keeps its place. */
  readContext(): Promise<string>;
  /** Whether another process answers it by now, having taken this one for dead. */
  isTaken(): Promise<boolean>;
  /** Hears the question's new words when the reply begins anew. */
  readonly onEdit?: (text: string) => void;
  readonly reply: Reply;
  readonly running: RunningReply;
  readonly arrival: Arrival;
  /** The reply whose place in memory this one takes; it goes on where that one ends if `isContinued`. */
  readonly predecessor?: { readonly kept: KeptReply; readonly isContinued: boolean } | undefined;
}

/** One message on its way to its reply. Throws what keeps it from being answered; a stopped reply is no failure. */
export class Answer {
  readonly #core: Core;
  readonly #options: AnswerOptions;
  readonly #conversation: string;
  #question = "";
  #context: string | undefined;
  /** What the message is about. */
  #about = "";
  readonly #begun: string;
  /** Id of the reply whose place in memory this one takes. */
  readonly #replaces: string | undefined;
  readonly #text: ReplyText;
  /** Whether its buttons find it. */
  #isKept = false;
  readonly #startedAtMs = Date.now();

  constructor(options: AnswerOptions) {
    const { isContinued = false, kept } = options.predecessor ?? {};
    this.#core = options.core;
    this.#options = options;
    this.#conversation = conversationKey(options.message.place);
    this.#replaces = kept?.replaces ?? kept?.id;
    this.#begun = isContinued ? (kept?.text ?? "") : "";
    this.#text = new ReplyText({ isContinuation: this.#begun !== "" });
    this.#pose();
  }

  /** False where it did not end, because another process goes on with it. */
  async run(): Promise<boolean> {
    const { admit, reply, running, isTaken } = this.#options;
    try {
      await admit();
      checkLength(this.#question.length);
      await this.#answer();
      return true;
    } catch (error) {
      if (running.isLeft || (running.isLost && (await isTaken()))) return await this.#leave();
      if (running.isLost) await this.#fail(running.signal.reason);
      else if (!reply.signal.aborted) await this.#fail(error);
      else await this.#stop();
      return true;
    }
  }

  async #leave(): Promise<false> {
    await this.#options.reply.leave?.();
    return false;
  }

  async #stop(): Promise<void> {
    await this.#keep("stopped", this.#begun);
    await this.#finish({ end: "stopped", text: "", stats: undefined });
  }

  /** An attachment without words is the message itself. */
  #pose(): void {
    const { question: words } = this.#options.running;
    this.#question = words || this.#about;
    this.#context = words === "" || this.#about === "" ? undefined : this.#about;
  }

  async #answer(): Promise<void> {
    const leave = await takeTurn(this.#core.store, this.#options);
    let answered: StreamedReply;
    try {
      answered = await this.#answerInTurn();
    } finally {
      await leave();
    }
    // Nobody waits for what the platform takes its time to show.
    await this.#finish(answered);
  }

  async #answerInTurn(): Promise<StreamedReply> {
    const { message, predecessor, running } = this.#options;
    this.#about = (await this.#options.readContext()).trim();
    // Changed while it waited, it is answered as it is now.
    running.takeEdit();
    this.#pose();
    if (this.#question === "") return await this.#sayEmpty();
    checkLength(this.#length);
    const { store } = this.#core;
    const { place } = message;
    // Another press may have replaced it meanwhile.
    if (predecessor) await standingReply(store, this.#conversation, predecessor.kept.id);
    const [settings, turns] = await Promise.all([resolveSettings(store, place), store.turns(this.#conversation)]);
    const window = settings.window ?? this.#core.window;
    const replaced = turns.findIndex(({ id }) => id !== undefined && [this.#replyId, this.#replaces].includes(id));
    const rounds = slideWindow(turns.slice(0, replaced === -1 ? turns.length : replaced), window);
    let streamed = await this.#stream(settings, rounds);
    while (await this.#beginsAnew()) streamed = await this.#stream(settings, rounds);
    // What came to its end all the same is finished here.
    if ((running.isLeft || running.isLost) && streamed.end === "stopped") throw running.signal.reason;
    const isKept = await this.#remember(streamed, window);
    return await this.#withNotes(streamed, isKept);
  }

  /** What goes on with an older answer keeps to its question. */
  get #canBeginAnew(): boolean {
    return this.#options.reply.clear !== undefined && this.#options.predecessor?.isContinued !== true;
  }

  /** Whether the question was changed meanwhile: what was written is taken back, and it counts as a message more. */
  async #beginsAnew(): Promise<boolean> {
    const { message, reply, running, onEdit } = this.#options;
    if (!this.#canBeginAnew || reply.signal.aborted || !running.takeEdit()) return false;
    this.#pose();
    checkLength(this.#length);
    await admit(this.#core, message.place, message.author);
    this.#text.clear();
    onEdit?.(this.#question);
    await reply.clear?.();
    return true;
  }

  async #stream(settings: ConversationSettings, rounds: readonly Turn[]): Promise<StreamedReply> {
    const { message, running } = this.#options;
    const reply = this.#canBeginAnew
      ? trackReply(this.#options.reply, { signal: running.edited })
      : this.#options.reply;
    const question = { text: this.#question, context: this.#context, begun: this.#begun };
    const contextMode = settings.contextMode ?? "turns";
    return await streamReply({
      inference: this.#core.inference,
      reply,
      modelName: settings.model,
      prompt: (model) =>
        renderPrompt(model, { system: settings.system ?? model.system, contextMode, rounds, ...question }),
      tenant: workspaceKey(message.place),
      text: this.#text,
      onTokens: (tokens) => countTokens(this.#core, message, tokens),
    });
  }

  get #replyId(): string {
    return this.#options.running.replyId;
  }

  get #length(): number {
    return this.#question.length + (this.#context?.length ?? 0);
  }

  /** False when memory cannot be reached; the reply goes on without it. */
  async #remember(streamed: StreamedReply, window: number): Promise<boolean> {
    if (this.#options.running.isDeleted) return true;
    if (streamed.text === "") return await this.#keep(streamed.end, this.#begun);
    const { message, running } = this.#options;
    const context = this.#context && { context: this.#context };
    const assistant = this.#begun + streamed.text;
    const user = running.question || this.#question;
    const { replyId: id, messageId } = running;
    const turn = { id, messageId, author: message.author.name, user, ...context, assistant, atMs: Date.now() };
    const { replaces: _, ...reply } = this.#kept(streamed.end, assistant, streamed.stats?.model);
    const options = { replaces: this.#replaces, reply };
    try {
      await this.#core.store.appendTurn(this.#conversation, turn, window, options);
      // Deleted in this instant, it may have been looked for too early.
      if (running.isDeleted) await this.#core.store.forgetQuestion(this.#conversation, messageId);
      this.#isKept = !running.isDeleted;
      return true;
    } catch (error) {
      this.#core.logger.warn({ err: error, conversation: this.#conversation }, "a round was not remembered");
      return false;
    }
  }

  /** For its buttons; nothing is lost for the conversation when it cannot be kept. */
  async #keep(end: KeptReply["end"], text: string): Promise<true> {
    if (this.#options.running.isDeleted) return true;
    this.#isKept = await this.#core.store.keepReply(this.#conversation, this.#kept(end, text)).then(
      () => true,
      () => false,
    );
    return true;
  }

  #kept(end: KeptReply["end"], text: string, model?: string): KeptReply {
    const { message, running, predecessor } = this.#options;
    const { id, roleIds } = message.author;
    const asker = predecessor ? predecessor.kept.asker : { id, ...(roleIds && { roleIds }) };
    return {
      id: running.replyId,
      messageId: running.messageId,
      author: message.author.name,
      ...(asker && { asker }),
      question: running.question || this.#question,
      ...(this.#context && { context: this.#context }),
      text,
      end,
      ...(model !== undefined && { model }),
      ...(this.#replaces !== undefined && { replaces: this.#replaces }),
    };
  }

  async #withNotes(streamed: StreamedReply, isKept: boolean): Promise<StreamedReply> {
    const { reply, message } = this.#options;
    const isStopped = streamed.end === "stopped";
    const notes = notesUnder(isStopped ? [] : (message.attachments ?? []), isKept);
    if (notes !== "" && !isStopped) await reply.append(notes);
    return { ...streamed, text: streamed.text + notes };
  }

  async #sayEmpty(): Promise<StreamedReply> {
    const text = spellCommands(EMPTY_MESSAGE_ANSWER, this.#options.message.place.platform);
    await this.#options.reply.append(text);
    return { end: "complete", text, stats: undefined };
  }

  async #finish({ end, text, stats }: StreamedReply): Promise<void> {
    const { reply, running } = this.#options;
    if (running.isDeleted && text === "" && reply.discard) return await reply.discard();
    const wasStopped = reply.signal.aborted;
    await reply.finish(end, text, stats, this.#buttons);
    // Given up by the platform meanwhile, it was not shown whole.
    const isGivenUp = reply.signal.aborted && !wasStopped && !running.signal.aborted;
    this.#record({ outcome: isGivenUp ? "stopped" : end, reply: text, stats });
  }

  get #buttons(): ReplyButtons {
    return this.#isKept ? "all" : "none";
  }

  /** What failed can be tried again by its button. */
  async #fail(error: unknown): Promise<void> {
    const isKnown = error instanceof BotError;
    const log = { err: error, conversation: this.#conversation, eventId: this.#options.message.eventId };
    if (isKnown) this.#core.logger.warn(log, "a message could not be answered");
    else this.#core.logger.error(log, "a message could not be answered");
    this.#record({ outcome: isKnown ? error.code : "INTERNAL", reply: this.#text.shown, stats: undefined });
    const isFinal = isKnown && FINAL.has(error.code);
    if (!isFinal) await this.#keep("failed", this.#begun + this.#text.shown);
    await this.#options.reply.fail(
      isKnown ? error.message : "Something went wrong on my side; the log says what. Try again.",
      this.#buttons,
      isKnown ? error.code : "INTERNAL",
    );
  }

  #record(result: Parameters<typeof recordExchange>[1]["result"]): void {
    const { message, running } = this.#options;
    if (running.isDeleted) return;
    recordExchange(this.#core, {
      message,
      question: this.#question,
      replyId: running.replyId,
      startedAtMs: this.#startedAtMs,
      result,
    });
  }
}
