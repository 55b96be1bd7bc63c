import { refusal } from "../admission/refusal.ts";
import { workspaceKey } from "../conversation/conversation-key.ts";
import { type CompareCommand, compare } from "../message/compare.ts";
import type { Core } from "../message/core.ts";
import { BotError, tell } from "../port/bot-error.ts";
import type { Claim, IncomingCommand, Refuse } from "../port/incoming-command.ts";
import type { IncomingEvent } from "../port/message.ts";
import type { StartReply } from "../port/reply.ts";
import { CollectedReply } from "../reply/collected-reply.ts";
import { runCommand } from "./run-command.ts";

/**
 * Answers a command with Markdown; undefined where another process has the event. What keeps it from being run goes through
 * `refuse`. Rejects as that does, and never else.
 */
export async function handleCommand(
  core: Core,
  incoming: IncomingCommand,
  refuse?: Refuse,
): Promise<string | undefined> {
  const work = async () => {
    if (!(await claimCommand(core, incoming))) return undefined;
    const { place, command } = incoming;
    if (command.type === "compare") return await compareInOneText(core, { ...incoming, command });
    return await runCommand(command, { ...core, place });
  };
  return await tellFailure(core, incoming, work, refuse);
}

/** Streams the two replies of `compare`; answers with a sentence where they cannot begin. Never rejects. */
export async function streamComparison(
  core: Core,
  incoming: IncomingCommand,
  startReply: StartReply,
): Promise<string | undefined> {
  const { command } = incoming;
  if (command.type !== "compare") throw new TypeError(`compare was given the command ${command.type}`);
  return await tellFailure(core, incoming, async () => {
    if (await claimCommand(core, incoming)) await compare(core, { ...incoming, command }, startReply);
    return undefined;
  });
}

/** What changes nothing may be answered although its claim cannot be kept. */
export async function claim(core: Core, event: IncomingEvent & Partial<IncomingCommand>): Promise<Claim> {
  const isFirst = await core.store.claimEvent(workspaceKey(event.place), event.eventId).catch(() => true);
  if (!isFirst) return { type: "taken" };
  const sentence = refusal(core, event);
  return sentence === undefined ? { type: "claimed" } : { type: "refused", sentence };
}

async function claimCommand(core: Core, incoming: IncomingCommand): Promise<boolean> {
  const claimed = await claim(core, incoming);
  if (claimed.type === "refused") throw new BotError("ACCESS_DENIED", claimed.sentence);
  return claimed.type === "claimed";
}

async function compareInOneText(core: Core, incoming: CompareCommand): Promise<string> {
  const replies: CollectedReply[] = [];
  await compare(core, incoming, async () => {
    const reply = new CollectedReply();
    replies.push(reply);
    return reply;
  });
  return replies.map(({ text }) => text).join("\n\n");
}

async function tellFailure(
  { logger, words }: Core,
  { command }: IncomingCommand,
  work: () => Promise<string | undefined>,
  refuse: Refuse = async (sentence) => sentence,
): Promise<string | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BotError)) logger.error({ err: error, command: command.type }, "a command failed");
    return await refuse(tell(error, words));
  }
}
