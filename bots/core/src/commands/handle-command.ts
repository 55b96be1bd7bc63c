import { checkAccess } from "../admission/admit.ts";
import { refusal } from "../admission/command-access.ts";
import { isToBeTold } from "../admission/told.ts";
import { writerOf } from "../conversation/conversation-key.ts";
import { type CompareAsked, compare } from "../message/compare.ts";
import type { Core } from "../message/core.ts";
import { BotError, tell } from "../port/bot-error.ts";
import type { Claim, CommandAsked, IncomingCommand, Refuse, SaidCommand } from "../port/incoming-command.ts";
import type { IncomingEvent } from "../port/message.ts";
import type { StartReply } from "../port/reply.ts";
import { runCommand } from "./run-command.ts";

/** A comparison as it was asked for, in a message or by a slash command. */
export type ComparisonMessage = CommandAsked & Pick<CompareAsked, "messageId" | "running" | "onClaimed">;

/**
 * Answers a command with Markdown; undefined where another process has the event. What keeps it from being run goes through
 * `refuse`. Rejects as that does, and never else.
 */
export async function handleCommand(
  core: Core,
  incoming: IncomingCommand,
  refuse?: Refuse,
): Promise<string | undefined> {
  return (await isFirst(core, incoming)) ? await answerCommand(core, incoming, refuse) : undefined;
}

/** As `handleCommand`, for one that was said where all may see it: why it is not run is said once in a while. */
export async function answerSaidCommand(core: Core, said: SaidCommand, refuse?: Refuse): Promise<string | undefined> {
  const { command } = said;
  if (!("error" in command)) return await answerCommand(core, { ...said, command }, refuse ?? sayAtTimes(core, said));
  const sayError = async () => {
    checkAccess(core, said.place, said.author);
    return command.error;
  };
  return await tellFailure(core, "error", sayError, refuse ?? sayAtTimes(core, said));
}

async function answerCommand(core: Core, asked: CommandAsked, refuse?: Telling): Promise<string | undefined> {
  const { place, command } = asked;
  const work = async () => {
    checkCommand(core, asked);
    if (command.type === "compare") throw new TypeError("compare has two replies for an answer");
    return await runCommand(command, { ...core, place });
  };
  return await tellFailure(core, command.type, work, refuse);
}

/** Streams the two replies of `compare`; answers with a sentence where they cannot begin. Never rejects. */
export async function handleComparison(
  core: Core,
  incoming: IncomingCommand,
  startReply: StartReply,
): Promise<string | undefined> {
  const { eventId, messageId = eventId } = incoming;
  if (!(await isFirst(core, incoming))) return undefined;
  return await answerComparison(core, { ...incoming, messageId }, startReply);
}

/** As `handleComparison`, for one that was said where all may see it: why it is not run is said once in a while. */
export async function answerSaidComparison(
  core: Core,
  asked: ComparisonMessage,
  startReply: StartReply,
): Promise<string | undefined> {
  return await answerComparison(core, asked, startReply, sayAtTimes(core, asked));
}

async function answerComparison(
  core: Core,
  asked: ComparisonMessage,
  startReply: StartReply,
  refuse?: Telling,
): Promise<string | undefined> {
  const { command } = asked;
  if (command.type !== "compare") throw new TypeError(`compare was given the command ${command.type}`);
  const work = async () => {
    checkCommand(core, asked);
    await compare(core, { ...asked, command }, startReply);
    return undefined;
  };
  return await tellFailure(core, command.type, work, refuse);
}

/** Whose an event is, for what a platform itself says of it. Never rejects. */
export async function claim(core: Core, event: IncomingEvent & Partial<IncomingCommand>): Promise<Claim> {
  if (!(await isFirst(core, event))) return { type: "taken" };
  const sentence = refusal(core, event);
  return sentence === undefined ? { type: "claimed" } : { type: "refused", sentence };
}

/** What changes nothing may be answered although its claim cannot be kept. */
async function isFirst(
  { stores }: Core,
  { place, eventId }: Pick<IncomingEvent, "place" | "eventId">,
): Promise<boolean> {
  return await stores.claims.claim(writerOf(place), eventId).catch(() => true);
}

function checkCommand(core: Core, asked: CommandAsked): void {
  const sentence = refusal(core, asked);
  if (sentence !== undefined) throw new BotError("ACCESS_DENIED", sentence);
}

/** As `Refuse`, with what the sentence is of. */
type Telling = (sentence: string, error: unknown) => Promise<string | undefined>;

function sayAtTimes({ stores }: Core, asked: Pick<CommandAsked, "place" | "author">): Telling {
  return async (sentence, error) => ((await isToBeTold(stores.claims, asked, error)) ? sentence : undefined);
}

async function tellFailure(
  { logger, words }: Core,
  command: string,
  work: () => Promise<string | undefined>,
  refuse: Telling = async (sentence) => sentence,
): Promise<string | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BotError)) logger.error({ err: error, command }, "a command failed");
    return await refuse(tell(error, words), error);
  }
}
