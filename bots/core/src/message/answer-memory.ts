import { isDeepStrictEqual } from "node:util";
import type { About, Question } from "../admission/question.ts";
import type { KeptReply } from "../conversation/kept-reply.ts";
import type { Round } from "../conversation/rounds.ts";
import type { IncomingMessage } from "../port/message.ts";
import type { Speaker } from "../port/place.ts";
import type { ReplyButtons, ReplyEnd } from "../port/reply.ts";
import type { RunningReply } from "../reply/running-replies.ts";
import type { StreamedReply } from "../reply/stream-reply.ts";
import type { Background } from "./background.ts";
import type { Core } from "./core.ts";

/** A reply as it is kept for its buttons. */
export interface KeptAnswer {
  readonly question: Question;
  readonly end: ReplyEnd | "failed";
  /** What this reply added to the one it goes on with. */
  readonly text: string;
  readonly model?: string | undefined;
  /** As `Reply.shownIn` just now. */
  readonly shownIn?: readonly string[];
}

/** A reply as it is remembered. */
export interface RememberedReply extends StreamedReply {
  readonly question: Question;
  /** As `Reply.shownIn` just now. */
  readonly shownIn: readonly string[];
}

/** What an answer has to do with memory. */
export interface AnswerMemory {
  /** The text that this one goes on with; "" for none. */
  readonly begun: string;
  /** What the question was about when it was answered before; undefined where it was not. */
  readonly about: About | undefined;
  /** Whether it takes the place of an older reply, which stays as long as this one says nothing. */
  readonly hasPredecessor: boolean;
  /** Those that find the reply in memory. */
  readonly buttons: ReplyButtons;
  /** Who asked, whoever pressed a button since; without an id where that was not kept. */
  readonly asker: Speaker;
  /** The rounds before the answer's place. */
  before(rounds: readonly Round[]): readonly Round[];
  /** False where memory cannot be reached; the reply goes on without it. */
  remember(answered: RememberedReply, background: Background): Promise<boolean>;
  /** For its buttons; nothing is lost for the conversation when it cannot be kept. */
  keep(answer: KeptAnswer): Promise<void>;
  /** Once it is shown to its end, in which messages. */
  noteShown(messageIds: readonly string[]): Promise<void>;
}

/** The reply whose place in memory another one takes, or that it goes on with. */
export interface Predecessor {
  readonly kept: KeptReply;
  readonly isContinued: boolean;
}

export interface RoundMemoryOptions {
  readonly core: Core;
  readonly message: IncomingMessage;
  readonly running: RunningReply;
  readonly predecessor?: Predecessor | undefined;
  /** As it was when the message was claimed. */
  readonly background: Promise<Background>;
  /** In which an earlier process began the reply; default: the one of now. */
  readonly generation?: string | undefined;
}

/** One answer's place in memory: the one that another reply had, or the newest. */
export class RoundMemory implements AnswerMemory {
  readonly #options: RoundMemoryOptions;
  /** Id of the reply whose place this one takes. */
  readonly #replaces: string | undefined;
  readonly begun: string;
  readonly about: About | undefined;
  readonly hasPredecessor: boolean;
  /** Once it is read in the turn. */
  #generation: string | undefined;
  #kept: KeptReply | undefined;

  constructor(options: RoundMemoryOptions) {
    const { isContinued = false, kept } = options.predecessor ?? {};
    this.#options = options;
    this.#replaces = kept?.replaces ?? kept?.id;
    this.begun = isContinued ? (kept?.text ?? "") : "";
    this.about = kept && { text: kept.context ?? "", speakers: kept.contextSpeakers ?? [] };
    this.hasPredecessor = kept !== undefined && kept.text !== "";
  }

  get buttons(): ReplyButtons {
    return this.#kept ? "all" : "none";
  }

  get asker(): Speaker {
    const { message, predecessor } = this.#options;
    const { author, asker = author } = message;
    return { id: predecessor ? predecessor.kept.asker?.id : asker.id, name: asker.name };
  }

  before(rounds: readonly Round[]): readonly Round[] {
    const own = [this.#options.running.replyId, this.#replaces];
    const place = rounds.findIndex(({ id }) => id !== undefined && own.includes(id));
    return rounds.slice(0, place === -1 ? rounds.length : place);
  }

  async remember(
    { question, end, text, stats, shownIn }: RememberedReply,
    { window, generation: current }: Background,
  ): Promise<boolean> {
    const { core, running, generation = current } = this.#options;
    this.#generation = generation;
    if (running.isDeleted) return true;
    if (text === "") return await this.keep({ question, end, text }).then(() => true);
    const { replaces: _, ...reply } = this.#reply({ question, end, text, model: stats?.model, shownIn });
    const options = { window, generation, replaces: this.#replaces, reply };
    const { rounds } = core.stores;
    try {
      const isKept = await rounds.append(running.conversation, this.#round(question, text), options);
      // Deleted in this instant, it may have been looked for too early.
      if (running.isDeleted) await rounds.forget(running.conversation, [running.messageId]);
      if (isKept && !running.isDeleted) this.#kept = reply;
      return true;
    } catch (error) {
      core.logger.warn({ err: error, conversation: running.conversation }, "a round was not remembered");
      // The store may yet do what it did not answer.
      await core.unheard.make(running.replyId, () => rounds.forget(running.conversation, [running.replyId]));
      return false;
    }
  }

  async keep(answer: KeptAnswer): Promise<void> {
    const { core, running } = this.#options;
    // What an older reply said stays its button's.
    if (running.isDeleted || (this.hasPredecessor && answer.end === "stopped" && answer.text === "")) return;
    const generation = this.#generation ?? (await this.#claimedGeneration());
    const reply = this.#reply(answer);
    const isKept = await core.stores.replies.keep(running.conversation, reply, generation).catch(() => false);
    if (isKept) this.#kept = reply;
  }

  /** Where the question was edited meanwhile, the reply is kept with its words as they are now. */
  async noteShown(shownIn: readonly string[]): Promise<void> {
    const { core, running } = this.#options;
    const shown = [...this.#shownBefore, ...shownIn];
    if (!this.#kept || running.isDeleted || isDeepStrictEqual(this.#kept.shownIn ?? [], shown)) return;
    const reply = { ...this.#kept, question: running.question || this.#kept.question, shownIn: shown };
    const generation = this.#generation ?? (await this.#claimedGeneration());
    await core.stores.replies.keep(running.conversation, reply, generation).catch(() => false);
  }

  /** What shows the part that this one goes on with: memory has the two as one. */
  get #shownBefore(): readonly string[] {
    const { isContinued, kept } = this.#options.predecessor ?? {};
    return kept && isContinued ? [kept.id, ...(kept.shownIn ?? [])] : [];
  }

  async #claimedGeneration(): Promise<string> {
    const { background, generation } = this.#options;
    return generation ?? (await background.then((read) => read.generation).catch(() => ""));
  }

  /** In the question's words as they are now. */
  #round({ text, context, contextSpeakers }: Question, answer: string): Round {
    const { running } = this.#options;
    return {
      id: running.replyId,
      messageId: running.messageId,
      author: this.asker.name,
      authorId: this.asker.id,
      user: text,
      ...(context && { context }),
      ...(contextSpeakers.length > 0 && { contextSpeakers }),
      assistant: this.begun + answer,
      atMs: Date.now(),
    };
  }

  #reply({
    question: { text: question, context, contextSpeakers },
    end,
    text,
    model,
    shownIn = [],
  }: KeptAnswer): KeptReply {
    const { message, running, predecessor } = this.#options;
    const { id, roleIds } = message.asker ?? message.author;
    const asker = predecessor ? predecessor.kept.asker : { id, ...(roleIds && { roleIds }) };
    const shown = [...this.#shownBefore, ...shownIn];
    return {
      id: running.replyId,
      messageId: running.messageId,
      author: this.asker.name,
      ...(asker && { asker }),
      ...(message.names && { names: message.names }),
      question,
      ...(context && { context }),
      ...(contextSpeakers.length > 0 && { contextSpeakers }),
      text: this.begun + text,
      end,
      ...(model !== undefined && { model }),
      ...(shown.length > 0 && { shownIn: shown }),
      ...(this.#replaces !== undefined && { replaces: this.#replaces }),
    };
  }
}
