import { conversationKey } from "../conversation/conversation-key.ts";
import type { KeptReply } from "../conversation/kept-reply.ts";
import type { Round } from "../conversation/rounds.ts";
import type { ReplyButtons } from "../port/reply.ts";
import type { StreamedReply } from "../reply/stream-reply.ts";
import type { AnswerOptions } from "./answer-options.ts";
import type { Question } from "./question.ts";

/** A reply as it is kept for its buttons. */
interface KeptAnswer {
  readonly question: Question;
  readonly end: KeptReply["end"];
  /** What this reply added to the one it goes on with. */
  readonly text: string;
  readonly model?: string | undefined;
}

/** One answer's place in memory: the one that another reply had, or the newest. */
export class AnswerMemory {
  readonly #options: AnswerOptions;
  readonly #conversation: string;
  /** Id of the reply whose place this one takes. */
  readonly #replaces: string | undefined;
  /** The text that this one goes on with; "" for none. */
  readonly begun: string;
  #isKept = false;

  constructor(options: AnswerOptions) {
    const { isContinued = false, kept } = options.predecessor ?? {};
    this.#options = options;
    this.#conversation = conversationKey(options.message.place);
    this.#replaces = kept?.replaces ?? kept?.id;
    this.begun = isContinued ? (kept?.text ?? "") : "";
  }

  /** All that find the reply in memory. */
  get buttons(): ReplyButtons {
    return this.#isKept ? "all" : "none";
  }

  /** The rounds before the answer's place. */
  before(turns: readonly Round[]): readonly Round[] {
    const own = [this.#options.running.replyId, this.#replaces];
    const place = turns.findIndex(({ id }) => id !== undefined && own.includes(id));
    return turns.slice(0, place === -1 ? turns.length : place);
  }

  /** False when memory cannot be reached; the reply goes on without it. */
  async remember(question: Question, streamed: StreamedReply, window: number): Promise<boolean> {
    const { core, running } = this.#options;
    const { end, text, stats } = streamed;
    if (running.isDeleted) return true;
    if (text === "") return await this.keep({ question, end, text });
    const { replaces: _, ...reply } = this.#reply({ question, end, text, model: stats?.model });
    const options = { replaces: this.#replaces, reply };
    try {
      await core.store.appendRound(this.#conversation, this.#round(question, text), window, options);
      // Deleted in this instant, it may have been looked for too early.
      if (running.isDeleted) await core.store.forgetQuestion(this.#conversation, running.messageId);
      this.#isKept = !running.isDeleted;
      return true;
    } catch (error) {
      core.logger.warn({ err: error, conversation: this.#conversation }, "a round was not remembered");
      return false;
    }
  }

  /** For its buttons; nothing is lost for the conversation when it cannot be kept. */
  async keep(answer: KeptAnswer): Promise<true> {
    const { core, running } = this.#options;
    if (running.isDeleted) return true;
    this.#isKept = await core.store.keepReply(this.#conversation, this.#reply(answer)).then(
      () => true,
      () => false,
    );
    return true;
  }

  /** In the question's words as they are now. */
  #round({ text, context }: Question, answer: string): Round {
    const { message, running } = this.#options;
    return {
      id: running.replyId,
      messageId: running.messageId,
      author: message.author.name,
      user: running.question || text,
      ...(context && { context }),
      assistant: this.begun + answer,
      atMs: Date.now(),
    };
  }

  #reply({ question: { text: question, context }, end, text, model }: KeptAnswer): KeptReply {
    const { message, running, predecessor } = this.#options;
    const { id, roleIds } = message.author;
    const asker = predecessor ? predecessor.kept.asker : { id, ...(roleIds && { roleIds }) };
    return {
      id: running.replyId,
      messageId: running.messageId,
      author: message.author.name,
      ...(asker && { asker }),
      question: running.question || question,
      ...(context && { context }),
      text: this.begun + text,
      end,
      ...(model !== undefined && { model }),
      ...(this.#replaces !== undefined && { replaces: this.#replaces }),
    };
  }
}
