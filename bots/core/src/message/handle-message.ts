import { admit, checkAccess } from "../admission/admit.ts";
import { checkAttachments, readContext } from "../admission/attachments.ts";
import { conversationKey, workspaceKey } from "../conversation/conversation-key.ts";
import { newReplyId } from "../conversation/kept-reply.ts";
import { replyGone } from "../conversation/standing-reply.ts";
import type { AbandonedReply } from "../port/bot.ts";
import { BotError } from "../port/bot-error.ts";
import type { IncomingMessage } from "../port/message.ts";
import type { Reply, StartReply } from "../port/reply.ts";
import { checkTries, fromUnanswered, toUnanswered, type Unanswered } from "../recovery/unanswered.ts";
import { UnansweredEntry } from "../recovery/unanswered-entry.ts";
import { RunningReply } from "../reply/running-replies.ts";
import { trackReply } from "../reply/tracked-reply.ts";
import { Answer } from "./answer.ts";
import type { AnswerOptions } from "./answer-options.ts";
import { answerHalf } from "./compare.ts";
import type { Core } from "./core.ts";

/** Claims a message and answers it; does nothing where another process has it. */
export async function handleMessage(core: Core, message: IncomingMessage, startReply: StartReply): Promise<void> {
  const unanswered = { ...toUnanswered(message, newReplyId()), isAdmitted: false };
  const asked = {
    unanswered,
    claim: core.store.claimEvent(workspaceKey(message.place), message.eventId, unanswered),
    admit: () => admit(core, message.place, message.author),
    startReply: () => startReply(unanswered.replyId),
  };
  await logFailure(core, message, () => claimAndAnswer(core, message, asked));
}

/** Answers what a dead process left, in the place of the reply it had begun; counts what that one had not. Never rejects. */
export async function answerAbandoned(
  core: Core,
  unanswered: Unanswered,
  startReply: (abandoned: AbandonedReply) => Promise<Reply>,
): Promise<void> {
  const { replyId, handle, again, comparedModel, isAdmitted = true } = unanswered;
  const message = fromUnanswered(unanswered);
  if (comparedModel !== undefined) {
    const startHalf = () => startReply({ message, replyId, handle, begun: "" });
    return await logFailure(core, message, () => answerHalf(core, unanswered, startHalf));
  }
  const predecessor = await predecessorOf(core, unanswered).catch(() => undefined);
  const begun = predecessor?.isContinued ? predecessor.kept.text : "";
  const asked = {
    unanswered,
    claim: Promise.resolve(true),
    admit: async () => {
      checkAccess(core, message.place, message.author);
      checkTries(unanswered);
      if (again && !predecessor) throw replyGone();
      if (!isAdmitted) await admit(core, message.place, message.author);
    },
    predecessor,
    startReply: () => startReply({ message, replyId, handle, begun }),
  };
  await logFailure(core, message, () => claimAndAnswer(core, message, asked));
}

/** Where the dead process had remembered its own answer already, the predecessor is that one, to be answered from the start. */
async function predecessorOf(core: Core, unanswered: Unanswered): Promise<AnswerOptions["predecessor"]> {
  const { again, place, replyId } = unanswered;
  if (!again) return undefined;
  const conversation = conversationKey(place);
  const kept = await core.store.keptReply(conversation, again.replyId);
  if (kept) return { kept, isContinued: again.isContinued };
  const own = await core.store.keptReply(conversation, replyId);
  return own && { kept: own, isContinued: false };
}

/** A message, and what there is to do before it is answered. */
export interface MessageToAnswer {
  readonly unanswered: Unanswered;
  /** Whether this process is the one to answer it. */
  readonly claim: Promise<boolean>;
  /** Throws what keeps it from being answered. Called once. */
  admit(): Promise<void>;
  readonly predecessor?: AnswerOptions["predecessor"];
  startReply(): Promise<Reply>;
}

async function logFailure(core: Core, message: IncomingMessage, answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    core.logger.error({ err: error, eventId: message.eventId }, "the platform did not take a reply");
  }
}

/**
 * Answers a message if its claim says so, known as unanswered until its reply has ended. Rejects with the platform's error
 * where none can begin.
 */
export async function claimAndAnswer(core: Core, message: IncomingMessage, asked: MessageToAnswer): Promise<void> {
  const { unanswered, claim, predecessor, startReply } = asked;
  const { replyId, messageId, text: question } = unanswered;
  const conversation = conversationKey(message.place);
  const running = new RunningReply({ conversation, replyId, messageId, question });
  const arrival = core.arrivals.arrive(conversation);
  const entry = new UnansweredEntry(core.store, unanswered);
  let admission: Promise<void> | undefined;
  // It is counted once, whoever asks.
  const admitOnce = () => (admission ??= asked.admit().then(() => entry.keep({ isAdmitted: true })));
  const answer = async () => {
    // A store that cannot be reached is told of in the reply, where the claim is awaited again.
    if (!(await claim.catch(() => true)) || running.isLeft) return;
    let isEnded = true;
    entry.begin();
    try {
      if (message.isOverheard && (await isUnbidden(admitOnce))) return;
      const onHandle = (handle: string) => entry.keep({ handle });
      const reply = trackReply(await startReply(), { signal: running.signal, onHandle });
      const admitClaimed = async () => {
        await claim;
        checkFiles(unanswered, message);
        await admitOnce();
      };
      const readContext = () => readAndKeep(message, reply.signal, entry);
      const onEdit = (text: string) => entry.keep({ text });
      const reads = { readContext, onEdit, reclaim: () => entry.reclaim() };
      const asks = { core, message, reply, running, arrival, predecessor, admit: admitClaimed, ...reads };
      isEnded = await new Answer(asks).run();
    } finally {
      await entry.end(!isEnded);
    }
  };
  await core.running.during([running], answer).finally(arrival.pass);
}

/** Whether someone talks to others whom the bot would have to turn away. */
async function isUnbidden(admit: MessageToAnswer["admit"]): Promise<boolean> {
  const error = await admit().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof BotError && ["ACCESS_DENIED", "QUOTA_EXCEEDED"].includes(error.code);
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
