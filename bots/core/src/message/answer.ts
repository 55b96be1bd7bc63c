import { admit } from "../admission/admit.ts";
import { conversationKey, workspaceKey } from "../conversation/conversation-key.ts";
import type { Round } from "../conversation/rounds.ts";
import type { ConversationSettings } from "../conversation/settings.ts";
import { resolveSettings } from "../conversation/settings.ts";
import { standingReply } from "../conversation/standing-reply.ts";
import { slideWindow } from "../conversation/window.ts";
import { renderPrompt } from "../prompt/prompt.ts";
import { ReplyText } from "../reply/reply-text.ts";
import { type StreamedReply, streamReply } from "../reply/stream-reply.ts";
import { trackReply } from "../reply/tracked-reply.ts";
import { countTokens } from "./after-reply.ts";
import { type EndingAnswer, failAnswer, finishAnswer } from "./answer-end.ts";
import { AnswerMemory } from "./answer-memory.ts";
import type { AnswerOptions } from "./answer-options.ts";
import { notesUnder } from "./notes.ts";
import { checkQuestion, poseQuestion, type Question } from "./question.ts";
import { takeTurn } from "./take-turn.ts";

/** What a prompt is made of beside the question. */
interface Setting {
  readonly settings: ConversationSettings;
  readonly window: number;
  readonly rounds: readonly Round[];
}

/** One message on its way to its reply. Throws what keeps it from being answered; a stopped reply is no failure. */
export class Answer {
  readonly #options: AnswerOptions;
  readonly #memory: AnswerMemory;
  readonly #text: ReplyText;
  readonly #startedAtMs = Date.now();
  /** What the message is about, once it is read. */
  #about = "";
  #question: Question;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.#memory = new AnswerMemory(options);
    this.#text = new ReplyText({ isContinuation: this.#memory.begun !== "" });
    this.#question = this.#pose();
  }

  /** False where it did not end, because another process goes on with it. */
  async run(): Promise<boolean> {
    const { admit, reply, running } = this.#options;
    try {
      await admit();
      checkQuestion(this.#question);
      await finishAnswer(this.#ending, await this.#answer());
      return true;
    } catch (error) {
      if (running.isLeft || (running.isLost && (await this.#isTaken()))) return await this.#leave();
      if (running.isLost) await this.#fail(running.signal.reason);
      else if (!reply.signal.aborted) await this.#fail(error);
      else await this.#stop();
      return true;
    }
  }

  /** Whether another process answers it by now. */
  async #isTaken(): Promise<boolean> {
    return (await this.#options.reclaim().catch(() => "kept")) === "taken";
  }

  async #leave(): Promise<false> {
    await this.#options.reply.leave?.();
    return false;
  }

  async #fail(error: unknown): Promise<void> {
    await failAnswer(this.#ending, error, this.#text.shown);
  }

  /** Before anything was to be seen. */
  async #stop(): Promise<void> {
    await this.#memory.keep({ question: this.#question, end: "stopped", text: "" });
    await finishAnswer(this.#ending, { end: "stopped", text: "", stats: undefined });
  }

  get #ending(): EndingAnswer {
    return {
      options: this.#options,
      memory: this.#memory,
      question: this.#question,
      startedAtMs: this.#startedAtMs,
    };
  }

  /** The question in its words as they are now. */
  #pose(): Question {
    this.#question = poseQuestion(this.#options.running.question, this.#about);
    return this.#question;
  }

  /** The turn ends before the reply does: nobody waits for what the platform takes its time to show. */
  async #answer(): Promise<StreamedReply> {
    const leave = await takeTurn(this.#options.core.store, this.#options);
    try {
      return await this.#answerInTurn();
    } finally {
      await leave();
    }
  }

  async #answerInTurn(): Promise<StreamedReply> {
    const { readContext, running } = this.#options;
    this.#about = (await readContext()).trim();
    // Changed while it waited, it is answered as it is now.
    running.takeEdit();
    const question = this.#pose();
    if (question.text === "") return await this.#sayEmpty();
    checkQuestion(question);
    const setting = await this.#setting();
    let streamed = await this.#stream(setting);
    while (await this.#beginsAnew()) streamed = await this.#stream(setting);
    // What came to its end all the same is finished here.
    if ((running.isLeft || running.isLost) && streamed.end === "stopped") throw running.signal.reason;
    const isKept = await this.#memory.remember(this.#question, streamed, setting.window);
    return await this.#withNotes(streamed, isKept);
  }

  async #setting(): Promise<Setting> {
    const { core, message, predecessor } = this.#options;
    const conversation = conversationKey(message.place);
    // Another press may have replaced it meanwhile.
    if (predecessor) await standingReply(core.store, conversation, predecessor.kept.id);
    const [settings, turns] = await Promise.all([
      resolveSettings(core.store, message.place),
      core.store.rounds(conversation),
    ]);
    const window = settings.window ?? core.window;
    return { settings, window, rounds: slideWindow(this.#memory.before(turns), window) };
  }

  /** What goes on with an older answer keeps to its question. */
  get #canBeginAnew(): boolean {
    return this.#options.reply.clear !== undefined && this.#options.predecessor?.isContinued !== true;
  }

  /** Whether the question was changed meanwhile: what was written is taken back, and it counts as a message more. */
  async #beginsAnew(): Promise<boolean> {
    const { core, message, reply, running, onEdit } = this.#options;
    if (!this.#canBeginAnew || reply.signal.aborted || !running.takeEdit()) return false;
    const question = this.#pose();
    checkQuestion(question);
    await admit(core, message.place, message.author);
    this.#text.clear();
    onEdit?.(question.text);
    await reply.clear?.();
    return true;
  }

  async #stream({ settings, rounds }: Setting): Promise<StreamedReply> {
    const { core, message, running } = this.#options;
    const reply = this.#canBeginAnew
      ? trackReply(this.#options.reply, { signal: running.edited })
      : this.#options.reply;
    const question = { ...this.#question, begun: this.#memory.begun };
    const contextMode = settings.contextMode ?? "turns";
    return await streamReply({
      inference: core.inference,
      reply,
      modelName: settings.model,
      prompt: (model) =>
        renderPrompt(model, { system: settings.system ?? model.system, contextMode, rounds, ...question }),
      tenant: workspaceKey(message.place),
      text: this.#text,
      onTokens: (tokens) => countTokens(core, message, tokens),
    });
  }

  async #withNotes(streamed: StreamedReply, isKept: boolean): Promise<StreamedReply> {
    const { reply, message } = this.#options;
    const isStopped = streamed.end === "stopped";
    const notes = notesUnder(isStopped ? [] : (message.attachments ?? []), isKept);
    if (notes !== "" && !isStopped) await reply.append(notes);
    return { ...streamed, text: streamed.text + notes };
  }

  async #sayEmpty(): Promise<StreamedReply> {
    const { core, reply } = this.#options;
    const text = `Yes? Write me something and I will answer; ${core.words.commandPrefix}help lists what else I can do.`;
    await reply.append(text);
    return { end: "complete", text, stats: undefined };
  }
}
