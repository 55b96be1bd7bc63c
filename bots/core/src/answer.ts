import { BotError } from "./bot-error.ts";
import { conversationKey, workspaceKey } from "./conversation-key.ts";
import type { ConversationSettings } from "./conversation-store.ts";
import type { BotCoreOptions } from "./pipeline.ts";
import type { IncomingMessage, Reply } from "./platform.ts";
import { renderPrompt } from "./prompt/prompt.ts";
import { ReplyText } from "./reply/reply-text.ts";
import { type StreamedReply, streamReply } from "./reply/stream-reply.ts";
import { resolveSettings } from "./settings.ts";
import type { Exchange } from "./transcript.ts";
import { slideWindow } from "./window.ts";

/** Most UTF-16 code units of a message and the text it is about: more than any bundled model's context holds. */
export const MAX_MESSAGE_LENGTH = 32_000;

const EMPTY_MESSAGE_ANSWER = "Yes? Write me something and I will answer; /help lists what else I can do.";

/** One message on its way to its reply. */
export class Answer {
  readonly #core: Required<BotCoreOptions>;
  readonly #message: IncomingMessage;
  readonly #reply: Reply;
  readonly #conversation: string;
  readonly #text = new ReplyText();
  readonly #startedAtMs = Date.now();

  constructor(core: Required<BotCoreOptions>, message: IncomingMessage, reply: Reply) {
    const text = message.text.trim();
    const context = message.context?.trim();
    // An attachment without words is the message itself.
    const { context: _, ...bare } = message;
    this.#message = text && context ? { ...bare, text, context } : { ...bare, text: text || context || "" };
    this.#core = core;
    this.#reply = reply;
    this.#conversation = conversationKey(message.place);
  }

  async run(claim: Promise<boolean>): Promise<void> {
    try {
      await claim;
      await this.#answer();
    } catch (error) {
      if (this.#reply.signal.aborted) return await this.#finish({ end: "stopped", text: "", stats: undefined });
      await this.#fail(error);
    }
  }

  async #answer(): Promise<void> {
    const { text, context = "" } = this.#message;
    if (text === "") return await this.#sayEmpty();
    checkLength(text.length + context.length);
    const leave = await this.#core.store.takeTurn(this.#conversation, {
      signal: this.#reply.signal,
      onWaiting: (ahead) => void this.#reply.status({ type: "queued", ahead }).catch(() => undefined),
    });
    try {
      await this.#answerInTurn();
    } finally {
      await leave();
    }
  }

  async #answerInTurn(): Promise<void> {
    const settings = await resolveSettings(this.#core.store, this.#message.place);
    const window = settings.window ?? this.#core.window;
    const streamed = await this.#stream(settings, window);
    const isKept = streamed.text === "" || (await this.#remember(streamed.text, window));
    await this.#finish(isKept ? streamed : await this.#admitForgetting(streamed));
  }

  async #stream(settings: ConversationSettings, window: number): Promise<StreamedReply> {
    const { text, context, place } = this.#message;
    const rounds = slideWindow(await this.#core.store.turns(this.#conversation), window);
    const contextMode = settings.contextMode ?? "turns";
    return await streamReply({
      inference: this.#core.inference,
      reply: this.#reply,
      modelName: settings.model,
      prompt: (model) =>
        renderPrompt(model, { system: settings.system ?? model.system, contextMode, rounds, text, context }),
      tenant: workspaceKey(place),
      text: this.#text,
    });
  }

  /** False when memory cannot be reached; the reply goes on without it. */
  async #remember(assistant: string, window: number): Promise<boolean> {
    const { text, context, author } = this.#message;
    const turn = { author: author.name, user: text, assistant, atMs: Date.now(), ...(context && { context }) };
    try {
      await this.#core.store.appendTurn(this.#conversation, turn, window);
      return true;
    } catch (error) {
      this.#core.logger.warn({ err: error, conversation: this.#conversation }, "a round was not remembered");
      return false;
    }
  }

  async #admitForgetting(streamed: StreamedReply): Promise<StreamedReply> {
    const note = "\n\n*My memory cannot be reached just now, so I will not remember this exchange.*";
    if (streamed.end !== "stopped") await this.#reply.append(note);
    return { ...streamed, text: streamed.text + note };
  }

  async #sayEmpty(): Promise<void> {
    await this.#reply.append(EMPTY_MESSAGE_ANSWER);
    await this.#reply.finish("complete", EMPTY_MESSAGE_ANSWER, undefined);
  }

  async #finish({ end, text, stats }: StreamedReply): Promise<void> {
    this.#record({ outcome: end, reply: text, stats });
    await this.#reply.finish(end, text, stats);
  }

  async #fail(error: unknown): Promise<void> {
    const isKnown = error instanceof BotError;
    const log = { err: error, conversation: this.#conversation, eventId: this.#message.eventId };
    if (isKnown) this.#core.logger.warn(log, "a message could not be answered");
    else this.#core.logger.error(log, "a message could not be answered");
    this.#record({ outcome: isKnown ? error.code : "INTERNAL", reply: this.#text.shown, stats: undefined });
    await this.#reply.fail(isKnown ? error.message : "Something went wrong on my side; the log says what. Try again.");
  }

  #record(result: Pick<Exchange, "outcome" | "reply" | "stats">): void {
    this.#core.transcript.record({
      conversation: this.#conversation,
      eventId: this.#message.eventId,
      authorId: this.#message.author.id,
      question: this.#message.text,
      totalMs: Date.now() - this.#startedAtMs,
      ...result,
    });
  }
}

function checkLength(length: number): void {
  if (length <= MAX_MESSAGE_LENGTH) return;
  const [has, limit] = [length, MAX_MESSAGE_LENGTH].map((value) => value.toLocaleString("en"));
  throw new BotError(
    "MESSAGE_TOO_LONG",
    `This message has ${has} characters; I can take ${limit}. Send a shorter part of it.`,
  );
}
