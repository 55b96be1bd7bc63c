import { accessRefusal } from "../admission/access.ts";
import { admit, checkAccess } from "../admission/admit.ts";
import { conversationKey, workspaceKey } from "../conversation/conversation-key.ts";
import { type KeptReply, newReplyId } from "../conversation/kept-reply.ts";
import { replyGone, standingReply } from "../conversation/standing-reply.ts";
import type { Core } from "../message/core.ts";
import { claimAndAnswer } from "../message/handle-message.ts";
import { tellAll } from "../message/tell-all.ts";
import { BotError, tell } from "../port/bot-error.ts";
import type { IncomingMessage } from "../port/message.ts";
import type { FeedbackRating, ReplyAction, StartReply } from "../port/reply.ts";
import { againEvent, toUnanswered } from "../recovery/unanswered.ts";
import { canContinue } from "../text/reply-lines.ts";

const COMPARED = "This reply was a comparison, which I do not go on with; ask its model.";

const UNDER_WAY = "I am answering this again already.";
const ASKER_DENIED = "Whoever asked this may not talk to me here, so I do not answer it again.";

/** Runs what a button does. Its failure is a sentence for whoever pressed it. */
export async function press(core: Core, work: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BotError)) core.logger.error({ err: error }, "a button failed");
    return tell(error, core.words);
  }
}

/** Stops a reply in whichever process writes it; without an id, all of the conversation. */
export async function stopReply(
  core: Core,
  { place, author, replyId }: Omit<ReplyAction, "replyId"> & Partial<ReplyAction>,
): Promise<undefined> {
  checkAccess(core, place, author);
  const conversation = conversationKey(place);
  await tellAll(core, { type: "stop", conversation, ...(replyId !== undefined && { replyId }) });
}

/** Answers a reply's question again, in its place. */
export async function regenerate(core: Core, action: ReplyAction, startReply: StartReply): Promise<string | undefined> {
  const kept = await standingReply(core.store, conversationKey(action.place), action.replyId);
  if (kept.isCompared) return COMPARED;
  return await answerAgain(core, { action, kept, isContinued: false, startReply });
}

/** Goes on where a reply was cut. */
export async function continueReply(
  core: Core,
  action: ReplyAction,
  startReply: StartReply,
): Promise<string | undefined> {
  const kept = await standingReply(core.store, conversationKey(action.place), action.replyId);
  if (kept.isCompared) return COMPARED;
  if (kept.end === "failed" || !canContinue(kept.end) || kept.text === "")
    return "This reply has nothing to go on with.";
  return await answerAgain(core, { action, kept, isContinued: true, startReply });
}

/** Keeps a person's rating of a reply where the workspace wants ratings. */
export async function giveFeedback(
  core: Core,
  { place, author, replyId, rating }: ReplyAction & { readonly rating: FeedbackRating },
): Promise<string | undefined> {
  checkAccess(core, place, author);
  if (!core.feedback || !(await wantsFeedback(core, place)))
    return `Feedback is off in this ${core.words.workspace}; an admin can switch it on with \`${core.words.commandPrefix}feedback on\`.`;
  const conversation = conversationKey(place);
  const kept = await core.store.keptReply(conversation, replyId);
  if (!kept) throw replyGone();
  const { question, context = "", text: reply, model = "" } = kept;
  const rated = { conversation, replyId, authorId: author.id, rating, question, context, reply, model };
  await core.feedback.rate(workspaceKey(place), { atMs: Date.now(), ...rated });
  return undefined;
}

/** Whether the workspace collects feedback. Rejects where that cannot be known. */
export async function wantsFeedback({ store, feedback }: Core, place: ReplyAction["place"]): Promise<boolean> {
  return feedback !== undefined && ((await store.settings(workspaceKey(place))).feedback ?? false);
}

interface SecondAnswer {
  readonly action: ReplyAction;
  readonly kept: KeptReply;
  readonly isContinued: boolean;
  readonly startReply: StartReply;
}

/** Known as unanswered like a message of its own, so that another process goes on with it if this one dies. */
async function answerAgain(core: Core, { action, kept, isContinued, startReply }: SecondAnswer): Promise<undefined> {
  const { place, author } = action;
  checkAsker(core, action, kept);
  await claimAgain(core, action);
  const replyId = newReplyId();
  const { id, messageId, question: text, context: quote = "" } = kept;
  const asked = { ...author, name: kept.author };
  const message: IncomingMessage = { eventId: replyId, messageId, place, author: asked, text, quote };
  const unanswered = { ...toUnanswered(message, replyId), again: { replyId: id, isContinued } };
  await claimAndAnswer(core, message, {
    unanswered,
    claim: core.store.claimEvent(workspaceKey(place), replyId, unanswered),
    admit: async () => undefined,
    predecessor: { kept, isContinued },
    startReply: () => startReply(replyId),
  });
}

/** Claims the reply's question, then counts the press: one that is refused costs nothing and claims nothing. */
async function claimAgain(core: Core, { place, author, replyId }: ReplyAction): Promise<void> {
  const { store } = core;
  const claim = [workspaceKey(place), againEvent(replyId)] as const;
  if (!(await store.claimEvent(...claim))) throw new BotError("REPLY_GONE", UNDER_WAY);
  try {
    // An earlier press may have ended since it was read.
    await standingReply(store, conversationKey(place), replyId);
    await admit(core, place, author);
  } catch (error) {
    await store.releaseEvent(...claim).catch(() => undefined);
    throw error;
  }
}

/** Nobody's question is answered by way of someone else's press. */
function checkAsker(core: Core, { place, author }: ReplyAction, { asker, author: name }: KeptReply): void {
  if (asker === undefined || asker.id === author.id) return;
  const { id, roleIds } = asker;
  const refusal = accessRefusal(core, place, { ...author, id, name, roleIds: roleIds ?? [] });
  if (refusal !== undefined) throw new BotError("ACCESS_DENIED", ASKER_DENIED);
}
