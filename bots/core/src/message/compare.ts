import { admit, uncount } from "../admission/admit.ts";
import { checkLength, type Question } from "../admission/question.ts";
import type { NewEntry } from "../conversation/inbox.ts";
import { usableModel } from "../inference/models.ts";
import type { Command } from "../port/command.ts";
import type { CommandAsked } from "../port/incoming-command.ts";
import type { Speaker } from "../port/place.ts";
import type { Reply, ReplyButtons, StartReply } from "../port/reply.ts";
import { newReplyId, RunningReply } from "../reply/running-replies.ts";
import type { StreamedReply } from "../reply/stream-reply.ts";
import { Answer } from "./answer.ts";
import type { AnswerMemory } from "./answer-memory.ts";
import { type Background, readBackground } from "./background.ts";
import type { Core } from "./core.ts";
import { HeldEntry } from "./held-entry.ts";

/** A comparison, and the message that it was asked by. */
export type CompareAsked = CommandAsked & {
  readonly command: Command & { readonly type: "compare" };
  readonly messageId: string;
  /** Of the message: what has ended it ends both replies. */
  readonly running?: RunningReply;
  /** Called once both replies are claimed: whoever takes them over tells of them, and the command is not run again. */
  readonly onClaimed?: () => Promise<void>;
};

/**
 * Lets two models answer the same question with the conversation's persona and rounds, at the same time; remembers
 * neither. Throws a `BotError` before a reply has begun.
 */
export async function compare(core: Core, asked: CompareAsked, startReply: StartReply): Promise<void> {
  const replies = asked.command.models.map(() => new RunningReply(entryOf(asked, newReplyId())));
  const { end, isDeleted } = asked.running ?? {};
  if (end !== undefined) for (const reply of replies) reply.stop(isDeleted ? "deleted" : end);
  // What becomes of the question before they are claimed is heard.
  await core.running.during(replies, () => claimAndRun(core, { asked, replies, startReply }));
}

interface Comparison {
  readonly asked: CompareAsked;
  /** In the order of the models. */
  readonly replies: readonly RunningReply[];
  readonly startReply: StartReply;
}

async function claimAndRun(core: Core, { asked, replies, startReply }: Comparison): Promise<void> {
  const { place, author, command } = asked;
  const background = await readBackground(core, place);
  const models = await background.models;
  const names = command.models.map((name) => usableModel(models, name).name);
  checkLength(command.text.length);
  await admit(core, place, author, names.length);
  const claims = replies.map((reply, index) => Half.claim(core, { ...asked, background, model: names[index]! }, reply));
  const halves = await claimAll(claims).catch(async (error: unknown) => {
    await uncount(core, place, author, names.length);
    throw error;
  });
  await asked.onClaimed?.();
  if (replies.some(({ isDeleted }) => isDeleted)) return await withdraw(core, asked, halves);
  await runSideBySide(halves, startReply);
}

/** Of one reply: where its process does not end it, another says a sentence. */
function entryOf({ place, messageId }: CompareAsked, replyId: string): NewEntry {
  return { eventId: replyId, kind: "comparison", place, messageId, replyId, raw: "" };
}

/** Nobody asks any more, and nothing was begun. */
async function withdraw(core: Core, { place, author }: CompareAsked, halves: readonly Half[]): Promise<void> {
  await uncount(core, place, author, halves.length);
  await Promise.all(halves.map((half) => half.close()));
}

/** Where one cannot be claimed, the other is ended. */
async function claimAll(claims: readonly Promise<Half>[]): Promise<readonly Half[]> {
  const settled = await Promise.allSettled(claims);
  const halves = settled.flatMap((claim) => (claim.status === "fulfilled" ? [claim.value] : []));
  const failed = settled.find((claim) => claim.status === "rejected");
  if (!failed) return halves;
  await Promise.all(halves.map((half) => half.close()));
  throw failed.reason;
}

/** Where one cannot begin, none goes on. */
async function runSideBySide(halves: readonly Half[], startReply: StartReply): Promise<void> {
  try {
    // One after the other, so that they stand in the order asked for.
    for (const half of halves) await half.begin(startReply);
    const ended = await Promise.allSettled(halves.map((half) => half.run()));
    for (const end of ended) if (end.status === "rejected") throw end.reason;
  } catch (error) {
    await Promise.all(halves.map((half) => half.giveUp()));
    throw error;
  } finally {
    await Promise.all(halves.map((half) => half.close()));
  }
}

/** What one of the two models is asked. */
type AskedOfOne = CompareAsked & { readonly model: string; readonly background: Background };

/** One of the two replies: an answer with another model and no memory. */
class Half {
  readonly #core: Core;
  readonly #asked: AskedOfOne;
  readonly #held: HeldEntry;
  #reply: Reply | undefined;
  #hasRun = false;

  private constructor(core: Core, asked: AskedOfOne, held: HeldEntry) {
    this.#core = core;
    this.#asked = asked;
    this.#held = held;
    this.running.ask(asked.command.text);
  }

  get running(): RunningReply {
    return this.#held.running;
  }

  static async claim(core: Core, asked: AskedOfOne, running: RunningReply): Promise<Half> {
    const delivery = await core.stores.inbox.claim(entryOf(asked, running.replyId));
    return new Half(core, asked, new HeldEntry(core, delivery!, running));
  }

  async begin(startReply: StartReply): Promise<void> {
    const { model, background } = this.#asked;
    const begun = await startReply(this.running.replyId, this.#held.facts(background.settings));
    this.#reply = this.#held.writes(begun, { isAdmitted: true, heading: `**${model}**\n\n` });
  }

  async run(): Promise<void> {
    this.#hasRun = true;
    const { place, author, names, command, model, background, messageId } = this.#asked;
    const core = this.#core;
    await new Answer({
      core,
      eventId: messageId,
      message: { place, author, names, text: command.text },
      reply: this.#reply!,
      running: this.running,
      numCounted: 1,
      memory: new ComparedMemory(core, this.running, { author, model }),
      model,
      background: async () => background,
      beforeWrite: () => this.#held.check(),
      onEdit: () => undefined,
    }).run();
  }

  /** The other could not begin, so there is nothing to compare. */
  async giveUp(): Promise<void> {
    if (this.#hasRun) return;
    const { place, author } = this.#asked;
    await uncount(this.#core, place, author, 1);
    await this.#reply?.fail("The other reply could not begin. Try again.", "none").catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#held.close();
  }
}

/** Keeps the reply for 👍 and 👎, and no round. */
class ComparedMemory implements AnswerMemory {
  readonly begun = "";
  readonly about = undefined;
  readonly hasPredecessor = false;
  readonly #core: Core;
  readonly #running: RunningReply;
  readonly #model: string;
  readonly asker: Speaker;
  buttons: ReplyButtons = "none";

  constructor(
    core: Core,
    running: RunningReply,
    { author, model }: { readonly author: Speaker; readonly model: string },
  ) {
    this.#core = core;
    this.#running = running;
    this.asker = author;
    this.#model = model;
  }

  before<T>(rounds: readonly T[]): readonly T[] {
    return rounds;
  }

  async remember(
    { question, end, text }: StreamedReply & { readonly question: Question },
    { generation }: { readonly generation: string },
  ): Promise<boolean> {
    const { replyId: id, messageId, conversation, isDeleted } = this.#running;
    if (isDeleted) return true;
    const by = { author: this.asker.name, model: this.#model };
    const kept = { id, messageId, ...by, question: question.text, text, end, isCompared: true };
    const isKept = await this.#core.stores.replies.keep(conversation, kept, generation).catch(() => false);
    if (isKept) this.buttons = "rating";
    return true;
  }

  async keep(): Promise<void> {}

  async noteShown(): Promise<void> {}
}
