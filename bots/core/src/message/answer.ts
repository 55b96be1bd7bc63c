import type { Model } from "@cria/proto";
import { admit, countTokens } from "../admission/admit.ts";
import { checkFiles, type FileTexts, readFiles } from "../admission/attachments.ts";
import { type About, checkQuestion, poseQuestion, type Question } from "../admission/question.ts";
import { cacheSalt, tenantKey } from "../conversation/conversation-key.ts";
import { modelInUse, usableModel } from "../inference/models.ts";
import { BotError } from "../port/bot-error.ts";
import type { ConversationSettings } from "../port/settings.ts";
import { fillPersona, personaOf } from "../prompt/persona.ts";
import { renderPrompt } from "../prompt/prompt.ts";
import { ReplyText } from "../reply/reply-text.ts";
import { type StreamedReply, streamReply } from "../reply/stream-reply.ts";
import { trackReply } from "../reply/tracked-reply.ts";
import { type EndingAnswer, endQuietly, failAnswer, finishAnswer, notesUnder } from "./answer-end.ts";
import type { AnswerOptions } from "./answer-options.ts";
import { aboutOf, type Background, showsNames } from "./background.ts";

/** As people are told where the store came back without the message. */
const LOST = "My memory was restarted while I answered this. Ask again.";

const NO_FILES: FileTexts = { own: "", beside: "" };

/** One question on its way to its answer. */
export class Answer {
  readonly #options: AnswerOptions;
  readonly #text: ReplyText;
  readonly #startedAtMs = Date.now();
  /** What the message is about, once it is read. */
  #about: About | undefined;
  #numEdits = 0;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.#about = options.memory.about;
    this.#text = new ReplyText({ isContinuation: options.memory.begun !== "" });
  }

  /** Resolves when the reply has ended, or is another process's. Rejects with the platform's error. */
  async run(): Promise<void> {
    const { reply, running } = this.#options;
    try {
      await this.#end();
    } catch (error) {
      if (!running.isAnothers) throw error;
      await reply.leave?.();
    }
  }

  async #end(): Promise<void> {
    let answered: StreamedReply;
    try {
      answered = await this.#answer();
    } catch (error) {
      return await this.#endEarly(error);
    }
    await finishAnswer(this.#ending, answered);
  }

  async #endEarly(error: unknown): Promise<void> {
    const { reply, running, memory } = this.#options;
    if (running.isAnothers) throw error;
    if (running.end === "lost") return await failAnswer(this.#ending, new BotError("INTERNAL", LOST), this.#text.shown);
    if (!reply.signal.aborted) return await failAnswer(this.#ending, error, this.#text.shown);
    if (this.#isWhole) await memory.keep({ question: this.#question, end: "stopped", text: "" });
    await endQuietly(this.#ending);
  }

  /** Whether all is known that the question is about. */
  get #isWhole(): boolean {
    const { attachments = [], quotes = [], quotedAnswer, before = [] } = this.#options.message;
    return this.#about !== undefined || (attachments.length + before.length + quotes.length === 0 && !quotedAnswer);
  }

  get #ending(): EndingAnswer {
    return {
      ...this.#options,
      numCounted: this.#options.numCounted + this.#numEdits,
      question: this.#question,
      isWhole: this.#isWhole,
      startedAtMs: this.#startedAtMs,
    };
  }

  /** The question in its words as they are now. */
  get #question(): Question {
    return poseQuestion(this.#options.running.question, this.#about);
  }

  /** The turn ends before the reply does: nobody waits for what the platform takes its time to show. */
  async #answer(): Promise<StreamedReply> {
    const { refusal, reply, turn } = this.#options;
    try {
      if (refusal !== undefined) throw refusal;
      checkQuestion(this.#question);
      const files = this.#readFiles();
      // Awaited in the turn.
      files.catch(() => undefined);
      const report = (ahead: number) => void reply.status({ type: "queued", ahead }).catch(() => undefined);
      await turn?.come(report, reply.signal);
      return await this.#answerInTurn(await files);
    } finally {
      await turn?.leave();
    }
  }

  /** Files are fetched while the turn is waited for; what can be seen to be refused is refused at once. */
  #readFiles(): Promise<FileTexts> {
    const { message, reply } = this.#options;
    if (!message.attachments?.length) return Promise.resolve(NO_FILES);
    checkFiles(message);
    return readFiles(message, reply.signal);
  }

  async #answerInTurn(files: FileTexts): Promise<StreamedReply> {
    const { message, running, memory } = this.#options;
    const background = await this.#options.background();
    this.#about = memory.about ?? aboutOf(files, { message, memory, background });
    // Changed while it waited, it is answered as it is now.
    running.takeEdit();
    if (this.#question.text === "") return await this.#sayEmpty();
    checkQuestion(this.#question);
    let streamed = await this.#stream(background);
    while (await this.#beginsAnew()) streamed = await this.#stream(background);
    await this.#options.beforeWrite();
    // What came to its end all the same is finished here.
    if (running.end === "lost" && streamed.end === "stopped") throw new BotError("INTERNAL", LOST);
    const { shownIn = [] } = this.#options.reply;
    const isKept = await memory.remember({ ...streamed, question: this.#question, shownIn }, background);
    return await this.#withNotes(streamed, isKept);
  }

  /** What goes on with an older answer keeps to its question. */
  get #canBeginAnew(): boolean {
    const { reply, memory, model } = this.#options;
    return reply.clear !== undefined && memory.begun === "" && model === undefined;
  }

  /** Whether the question was changed meanwhile: what was written is taken back, and it counts as a message more. */
  async #beginsAnew(): Promise<boolean> {
    const { core, message, reply, running, onEdit } = this.#options;
    if (!this.#canBeginAnew || reply.signal.aborted || !running.takeEdit()) return false;
    checkQuestion(this.#question);
    await admit(core, message.place, message.author);
    this.#numEdits++;
    this.#text.clear();
    onEdit(this.#question.text);
    await reply.clear?.();
    return true;
  }

  async #stream({ settings, rounds, models }: Background): Promise<StreamedReply> {
    const { core, message, running, memory, model } = this.#options;
    const reply = this.#canBeginAnew
      ? trackReply(this.#options.reply, { signal: running.edited })
      : this.#options.reply;
    const { contextMode = "turns" } = settings;
    const author = showsNames(settings, message.place) ? memory.asker : undefined;
    const said = { rounds: memory.before(rounds), ...this.#question, author, begun: memory.begun };
    return await streamReply({
      inference: core.inference,
      models,
      reply,
      choose: (listed) =>
        model === undefined
          ? modelInUse(listed, settings.model)
          : { model: usableModel(listed, model), note: undefined },
      maxTokens: core.maxTokens,
      prompt: (chosen) => renderPrompt(chosen, { system: this.#persona(chosen, settings), contextMode, ...said }),
      tenant: tenantKey(message.place, message.author),
      cacheSalt: cacheSalt(message.place, message.author),
      text: this.#text,
      onTokens: (tokens) => void this.#countTokens(tokens),
    });
  }

  /** They are used, whether or not they can be counted. */
  async #countTokens(tokens: number): Promise<void> {
    const { core, message } = this.#options;
    await countTokens(core, message.place, message.author, tokens).catch((error: unknown) =>
      core.logger.warn({ err: error }, "the tokens of a reply were not counted"),
    );
  }

  /** With its fields as they are now: a prompt's beginning changes with the day, and with who asks where it names them. */
  #persona(model: Model, { system }: ConversationSettings): string {
    const { core, message, memory } = this.#options;
    const { place, names = {} } = message;
    const { channel = place.channelId, workspace = place.workspaceId } = names;
    const persona = personaOf(model, { system, fallback: core.persona });
    return fillPersona(persona, { date: new Date(), user: memory.asker.name, channel, workspace });
  }

  async #withNotes(streamed: StreamedReply, isKept: boolean): Promise<StreamedReply> {
    const { reply, message } = this.#options;
    const isStopped = streamed.end === "stopped";
    const notes = notesUnder({
      model: streamed.note,
      attachments: isStopped ? [] : (message.attachments ?? []),
      isKept,
    });
    if (notes !== "" && !isStopped) await reply.append(notes);
    return { ...streamed, text: streamed.text + notes };
  }

  async #sayEmpty(): Promise<StreamedReply> {
    const { core, reply } = this.#options;
    const help = `${core.words.commandPrefix}help`;
    const text = `Yes? Write me something and I will answer; ${help} lists what else I can do.`;
    await reply.append(text);
    return { end: "complete", text, stats: undefined };
  }
}
