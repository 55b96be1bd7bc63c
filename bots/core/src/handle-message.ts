import { admit } from "./access/admit.ts";
import { fromUnanswered, toUnanswered, type Unanswered } from "./adoption/unanswered.ts";
import { UnansweredEntry } from "./adoption/unanswered-entry.ts";
import { Answer, type AnswerOptions } from "./answer.ts";
import { BotError } from "./bot-error.ts";
import { newReplyId } from "./buttons/kept-reply.ts";
import { RunningReply } from "./buttons/running-replies.ts";
import { trackReply } from "./buttons/tracked-reply.ts";
import { beginHalf } from "./compare.ts";
import { conversationKey, workspaceKey } from "./conversation-key.ts";
import type { Core } from "./core.ts";
import { checkAttachments, readContext } from "./input/attachments.ts";
import type { AbandonedReply, IncomingMessage, Reply, StartReply } from "./platform.ts";

/** Claims a message and answers it; does nothing where another process has it. */
export async function handleMessage(core: Core, message: IncomingMessage, startReply: StartReply): Promise<void> {
  const unanswered = toUnanswered(message, newReplyId());
  await answerMessage(core, message, {
    unanswered,
    claim: core.store.claimEvent(workspaceKey(message.place), message.eventId, unanswered),
    isAdopted: false,
    startReply: () => startReply(unanswered.replyId),
  });
}

/** Answers what a dead process left, in the place of the reply it had begun. Never rejects. */
export async function answerAbandoned(
  core: Core,
  unanswered: Unanswered,
  startReply: (abandoned: AbandonedReply) => Promise<Reply>,
): Promise<void> {
  const { replyId, handle, again, comparedModel } = unanswered;
  const message = fromUnanswered(unanswered);
  if (comparedModel !== undefined) {
    const startHalf = () => startReply({ message, replyId, handle, begun: "" });
    return await answerHalf(core, unanswered, startHalf);
  }
  const predecessor = await predecessorOf(core, unanswered);
  const begun = predecessor?.isContinued ? predecessor.kept.text : "";
  await answerMessage(core, message, {
    unanswered,
    claim: Promise.resolve(true),
    isAdopted: true,
    isAdmitted: again !== undefined,
    predecessor,
    startReply: () => startReply({ message, replyId, handle, begun }),
  });
}

async function answerHalf(core: Core, unanswered: Unanswered, startReply: () => Promise<Reply>): Promise<void> {
  try {
    await (await beginHalf(core, unanswered, startReply)).run();
  } catch (error) {
    core.logger.error({ err: error, eventId: unanswered.eventId }, "the platform did not take a reply");
  }
}

/** A reply that is no longer known is not continued: its question is answered from the start. */
async function predecessorOf(core: Core, { again, place }: Unanswered): Promise<AnswerOptions["predecessor"]> {
  if (!again) return undefined;
  const kept = await core.store.keptReply(conversationKey(place), again.replyId).catch(() => undefined);
  return kept && { kept, isContinued: again.isContinued };
}

/** A message that this process is the one to answer, if its claim says so. */
export interface ClaimedMessage {
  readonly unanswered: Unanswered;
  readonly claim: Promise<boolean>;
  readonly isAdopted: boolean;
  /** Whether it was let in and counted already. Default false. */
  readonly isAdmitted?: boolean;
  readonly predecessor?: AnswerOptions["predecessor"];
  startReply(): Promise<Reply>;
}

async function answerMessage(core: Core, message: IncomingMessage, claimed: ClaimedMessage): Promise<void> {
  try {
    await answerClaimed(core, message, claimed);
  } catch (error) {
    core.logger.error({ err: error, eventId: message.eventId }, "the platform did not take a reply");
  }
}

/** Answers a message, known as unanswered until its reply has ended. Rejects with the platform's error where none can begin. */
export async function answerClaimed(core: Core, message: IncomingMessage, claimed: ClaimedMessage): Promise<void> {
  const { unanswered, claim, isAdopted, isAdmitted = false, predecessor, startReply } = claimed;
  const { replyId, messageId, text: question } = unanswered;
  const running = new RunningReply({ conversation: conversationKey(message.place), replyId, messageId, question });
  const entry = new UnansweredEntry(core.store, unanswered);
  await core.running.during(running, async () => {
    // A store that cannot be reached is told of in the reply, where the claim is awaited again.
    if (!(await claim.catch(() => true))) return;
    try {
      const onHandle = (handle: string) => entry.keep({ handle });
      const reply = trackReply(await startReply(), { signal: running.signal, onHandle });
      const admitOnce = async () => {
        await claim;
        checkFiles(unanswered, message);
        await admit(core, message.place, message.author);
      };
      const answering = {
        ...(!isAdmitted && { admit: admitOnce }),
        predecessor,
        readContext: () => readAndKeep(message, reply.signal, entry),
      };
      const onEdit = (text: string) => entry.keep({ text });
      await new Answer({ core, message, reply, running, isAdopted, onEdit, ...answering }).run();
    } finally {
      await entry.forget();
    }
  });
}

/** Files are fetched by the process alone that heard of them; those that are no text are refused before the turn comes. */
function checkFiles({ numUnreadFiles }: Unanswered, { attachments = [] }: IncomingMessage): void {
  if (numUnreadFiles > attachments.length)
    throw new BotError("FILE_REFUSED", "I was restarted before I had read your files. Send them again, please.");
  checkAttachments(attachments);
}

async function readAndKeep(message: IncomingMessage, signal: AbortSignal, entry: UnansweredEntry): Promise<string> {
  const context = await readContext(message, signal);
  if (message.attachments?.length) entry.keep({ context, numUnreadFiles: 0 });
  return context;
}
