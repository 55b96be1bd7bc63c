import { admit, checkAccess } from "../admission/admit.ts";
import { checkLength } from "../admission/message-length.ts";
import { conversationKey, workspaceKey } from "../conversation/conversation-key.ts";
import { newReplyId } from "../conversation/kept-reply.ts";
import { resolveSettings } from "../conversation/settings.ts";
import { slideWindow } from "../conversation/window.ts";
import { chooseModel } from "../inference/models.ts";
import { BotError, codeOf, tell } from "../port/bot-error.ts";
import type { Command } from "../port/command.ts";
import type { IncomingCommand } from "../port/incoming-command.ts";
import type { Reply, StartReply } from "../port/reply.ts";
import { renderPrompt } from "../prompt/prompt.ts";
import { checkTries, toUnanswered, type Unanswered } from "../recovery/unanswered.ts";
import { UnansweredEntry } from "../recovery/unanswered-entry.ts";
import { ReplyText } from "../reply/reply-text.ts";
import { RunningReply } from "../reply/running-replies.ts";
import { type StreamedReply, streamReply } from "../reply/stream-reply.ts";
import { trackReply } from "../reply/tracked-reply.ts";
import { countTokens, recordExchange } from "./after-reply.ts";
import type { Core } from "./core.ts";

export type CompareCommand = IncomingCommand & { readonly command: Command & { readonly type: "compare" } };

/**
 * Lets two models answer the same question with the conversation's persona and rounds, at the same time; remembers
 * neither. Throws a `BotError` before a reply has begun.
 */
export async function compare(core: Core, incoming: CompareCommand, startReply: StartReply): Promise<void> {
  const { place, author, command } = incoming;
  const models = await core.inference.listModels();
  const names = command.models.map((name) => chooseModel(models, name).name);
  checkLength(command.text.length);
  await admit(core, place, author);
  const halves = names.map((name) => new ComparedAnswer(core, unansweredHalf(incoming, name)));
  await Promise.all(halves.map((half) => half.claim()));
  await runSideBySide(core, halves, startReply);
}

/** Goes on with a half that a dead process left. Rejects with the platform's error where it cannot begin. */
export async function answerHalf(core: Core, unanswered: Unanswered, startReply: StartReply): Promise<void> {
  await runSideBySide(core, [new ComparedAnswer(core, unanswered)], startReply);
}

/** Known as unanswered like a message of its own, so that another process goes on with it if this one dies. */
function unansweredHalf(incoming: CompareCommand, comparedModel: string) {
  const { eventId, messageId = eventId, place, author, command } = incoming;
  const replyId = newReplyId();
  const message = { eventId: replyId, messageId, place, author, text: command.text };
  return { ...toUnanswered(message, replyId), comparedModel };
}

/** Each can be stopped before its reply has begun; where one cannot begin, none goes on. */
async function runSideBySide(core: Core, halves: readonly ComparedAnswer[], startReply: StartReply): Promise<void> {
  const running = halves.map((half) => half.running);
  await core.running.during(running, async () => {
    try {
      // One after the other, so that they stand in the order asked for.
      for (const half of halves) await half.begin(startReply);
    } catch (error) {
      await Promise.all(halves.map((half) => half.giveUp()));
      throw error;
    }
    const ended = await Promise.allSettled(halves.map((half) => half.run()));
    for (const end of ended) if (end.status === "rejected") throw end.reason;
  });
}

/** One of the two replies. */
class ComparedAnswer {
  readonly running: RunningReply;
  readonly #core: Core;
  readonly #unanswered: Unanswered;
  readonly #entry: UnansweredEntry;
  readonly #text = new ReplyText();
  readonly #startedAtMs = Date.now();
  #reply: Reply | undefined;

  constructor(core: Core, unanswered: Unanswered) {
    const { replyId, messageId, place, text: question } = unanswered;
    this.#core = core;
    this.#unanswered = unanswered;
    this.#entry = new UnansweredEntry(core.store, unanswered);
    this.running = new RunningReply({ conversation: conversationKey(place), replyId, messageId, question });
  }

  async claim(): Promise<void> {
    const { eventId, place } = this.#unanswered;
    await this.#core.store.claimEvent(workspaceKey(place), eventId, this.#unanswered).catch(() => undefined);
  }

  async begin(startReply: StartReply): Promise<void> {
    const heading = `**${this.#unanswered.comparedModel}**\n\n`;
    const onHandle = (handle: string) => this.#entry.keep({ handle });
    const reply = await startReply(this.#unanswered.replyId);
    this.#reply = trackReply(reply, { signal: this.running.signal, heading, onHandle });
  }

  /** The other could not begin, so there is nothing to compare. */
  async giveUp(): Promise<void> {
    await this.#reply?.fail("The other reply could not begin. Try again.", "none").catch(() => undefined);
    await this.#entry.end(false);
  }

  async run(): Promise<void> {
    const reply = this.#reply!;
    try {
      await this.#answer(reply).catch((error: unknown) => this.#fail(reply, error));
    } finally {
      await this.#entry.end(this.running.isLeft);
    }
  }

  async #answer(reply: Reply): Promise<void> {
    const streamed = await this.#stream(reply);
    if (this.running.isLeft) return await reply.leave?.();
    this.#record({ outcome: streamed.end, reply: streamed.text, stats: streamed.stats });
    const isKept = await this.#keep(streamed);
    await reply.finish(streamed.end, streamed.text, streamed.stats, isKept ? "rating" : "none");
  }

  async #stream(reply: Reply): Promise<StreamedReply> {
    const { store, inference, window: defaultWindow } = this.#core;
    const { place, author, text, eventId, comparedModel: modelName } = this.#unanswered;
    checkAccess(this.#core, place, author);
    checkTries(this.#unanswered);
    const settings = await resolveSettings(store, place);
    const rounds = slideWindow(await store.rounds(conversationKey(place)), settings.window ?? defaultWindow);
    const contextMode = settings.contextMode ?? "turns";
    return await streamReply({
      inference,
      reply,
      modelName,
      prompt: (model) => renderPrompt(model, { system: settings.system ?? model.system, contextMode, rounds, text }),
      tenant: workspaceKey(place),
      text: this.#text,
      onTokens: (tokens) => countTokens(this.#core, { eventId, place, author }, tokens),
    });
  }

  /** For feedback. False where it could not be. */
  async #keep({ end, text }: StreamedReply): Promise<boolean> {
    const { replyId: id, messageId, place, author, text: question, comparedModel = "" } = this.#unanswered;
    if (this.running.isDeleted) return false;
    const kept = { id, messageId, author: author.name, question, text, end, model: comparedModel, isCompared: true };
    return await this.#core.store.keepReply(conversationKey(place), kept).then(
      () => true,
      () => false,
    );
  }

  async #fail(reply: Reply, error: unknown): Promise<void> {
    const { messageId: eventId } = this.#unanswered;
    if (this.running.isLeft) return await reply.leave?.();
    this.#core.logger[error instanceof BotError ? "warn" : "error"]({ err: error, eventId }, "a comparison failed");
    this.#record({ outcome: codeOf(error), reply: this.#text.shown, stats: undefined });
    await reply.fail(tell(error, this.#core.words), "none");
  }

  #record(result: Parameters<typeof recordExchange>[1]["result"]): void {
    const { messageId: eventId, place, author, text: question, replyId } = this.#unanswered;
    if (this.running.isDeleted) return;
    const exchange = { message: { eventId, place, author }, question, replyId, startedAtMs: this.#startedAtMs };
    recordExchange(this.#core, { ...exchange, result });
  }
}
