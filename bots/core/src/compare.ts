import { admit } from "./access/admit.ts";
import { commandRefusal } from "./access/command-access.ts";
import { toUnanswered, type Unanswered } from "./adoption/unanswered.ts";
import { UnansweredEntry } from "./adoption/unanswered-entry.ts";
import { BotError } from "./bot-error.ts";
import { newReplyId } from "./buttons/kept-reply.ts";
import { RunningReply } from "./buttons/running-replies.ts";
import { trackReply } from "./buttons/tracked-reply.ts";
import type { Command } from "./commands/command.ts";
import { conversationKey, workspaceKey } from "./conversation-key.ts";
import type { Core } from "./core.ts";
import { chooseModel } from "./models.ts";
import type { IncomingCommand, Reply, StartReply } from "./platform.ts";
import { renderPrompt } from "./prompt/prompt.ts";
import { countTokens, recordExchange } from "./records/after-reply.ts";
import { ReplyText } from "./reply/reply-text.ts";
import { type StreamedReply, streamReply } from "./reply/stream-reply.ts";
import { resolveSettings } from "./settings.ts";
import { slideWindow } from "./window.ts";

export type CompareCommand = IncomingCommand & { readonly command: Command & { readonly type: "compare" } };

/**
 * Lets two models answer the same question with the conversation's persona and rounds, at the same time; remembers
 * neither. Throws a `BotError` before a reply has begun.
 */
export async function compare(core: Core, incoming: CompareCommand, startReply: StartReply): Promise<void> {
  const { place, author, command } = incoming;
  const refusal = commandRefusal(core.access, author, command);
  if (refusal !== undefined) throw new BotError("ACCESS_DENIED", refusal);
  const models = await core.inference.listModels();
  const names = command.models.map((name) => chooseModel(models, name).name);
  await admit(core, place, author);
  const answers = [];
  // One after the other, so that they stand in the order asked for.
  for (const name of names) answers.push(await beginAnswer(core, incoming, name, startReply));
  await Promise.all(answers.map((answer) => answer.run()));
}

/** Known as unanswered like a message of its own, so that another process goes on with it if this one dies. */
async function beginAnswer(core: Core, incoming: CompareCommand, modelName: string, startReply: StartReply) {
  const { eventId: messageId, place, author, command } = incoming;
  const replyId = newReplyId();
  const message = { eventId: replyId, messageId, place, author, text: command.text };
  const unanswered = { ...toUnanswered(message, replyId), comparedModel: modelName };
  await core.store.claimEvent(workspaceKey(place), replyId, unanswered).catch(() => undefined);
  return await beginHalf(core, unanswered, () => startReply(replyId));
}

/** Begins a model's half of a comparison. Rejects with the platform's error where it cannot. */
export async function beginHalf(
  core: Core,
  unanswered: Unanswered,
  startReply: () => Promise<Reply>,
): Promise<{ run(): Promise<void> }> {
  const { replyId, messageId, place, author, text: question, comparedModel: modelName = "" } = unanswered;
  const conversation = conversationKey(place);
  const entry = new UnansweredEntry(core.store, unanswered);
  const running = new RunningReply({ conversation, replyId, messageId, question });
  const onHandle = (handle: string) => entry.keep({ handle });
  const begun = await startReply().catch(async (error: unknown) => {
    await entry.forget();
    throw error;
  });
  const reply = trackReply(begun, { signal: running.signal, heading: `**${modelName}**\n\n`, onHandle });
  const asked = { eventId: messageId, place, author, question };
  const answer = new ComparedAnswer(core, { asked, modelName, reply, replyId });
  return { run: () => core.running.during(running, () => answer.run()).finally(() => entry.forget()) };
}

interface ComparedAnswerOptions {
  readonly asked: Pick<IncomingCommand, "eventId" | "place" | "author"> & { readonly question: string };
  readonly modelName: string;
  readonly reply: Reply;
  readonly replyId: string;
}

/** One of the two replies. */
class ComparedAnswer {
  readonly #core: Core;
  readonly #options: ComparedAnswerOptions;
  readonly #text = new ReplyText();
  readonly #startedAtMs = Date.now();

  constructor(core: Core, options: ComparedAnswerOptions) {
    this.#core = core;
    this.#options = options;
  }

  async run(): Promise<void> {
    try {
      await this.#answer();
    } catch (error) {
      await this.#fail(error);
    }
  }

  async #answer(): Promise<void> {
    const { asked, reply } = this.#options;
    const streamed = await this.#stream();
    this.#record({ outcome: streamed.end, reply: streamed.text, stats: streamed.stats });
    if (streamed.stats) countTokens(this.#core, asked, streamed.stats);
    await this.#keep(streamed);
    await reply.finish(streamed.end, streamed.text, streamed.stats);
  }

  async #stream(): Promise<StreamedReply> {
    const { store, inference, window: defaultWindow } = this.#core;
    const { asked, modelName, reply } = this.#options;
    const { place } = asked;
    const settings = await resolveSettings(store, place);
    const rounds = slideWindow(await store.turns(conversationKey(place)), settings.window ?? defaultWindow);
    const contextMode = settings.contextMode ?? "turns";
    return await streamReply({
      inference,
      reply,
      modelName,
      prompt: (model) =>
        renderPrompt(model, { system: settings.system ?? model.system, contextMode, rounds, text: asked.question }),
      tenant: workspaceKey(place),
      text: this.#text,
    });
  }

  /** For feedback. */
  async #keep({ end, text }: StreamedReply): Promise<void> {
    const { asked, modelName, replyId } = this.#options;
    const { place, author, eventId: messageId } = asked;
    const question = { id: replyId, messageId, author: author.name, question: asked.question };
    const kept = { ...question, text, end, model: modelName, isCompared: true };
    await this.#core.store.keepReply(conversationKey(place), kept).catch(() => undefined);
  }

  async #fail(error: unknown): Promise<void> {
    const { reply, asked } = this.#options;
    const isKnown = error instanceof BotError;
    this.#core.logger[isKnown ? "warn" : "error"]({ err: error, eventId: asked.eventId }, "a comparison failed");
    this.#record({ outcome: isKnown ? error.code : "INTERNAL", reply: this.#text.shown, stats: undefined });
    await reply.fail(isKnown ? error.message : "Something went wrong on my side; the log says what. Try again.");
  }

  #record(result: Parameters<typeof recordExchange>[1]["result"]): void {
    const { asked, replyId } = this.#options;
    const exchange = { message: asked, question: asked.question, replyId, startedAtMs: this.#startedAtMs };
    recordExchange(this.#core, { ...exchange, result });
  }
}
