import { accessRefusal } from "../admission/access.ts";
import { admit, checkAccess } from "../admission/admit.ts";
import { conversationKey, workspaceKey } from "../conversation/conversation-key.ts";
import { findReply, replyGone } from "../conversation/find-reply.ts";
import type { KeptReply } from "../conversation/kept-reply.ts";
import { tellAll } from "../message/changes.ts";
import type { Core } from "../message/core.ts";
import { Pending } from "../message/pending.ts";
import { runPending } from "../message/receive.ts";
import { BotError, tell } from "../port/bot-error.ts";
import type { FeedbackRating, ReplyAction, StartReply, StopAction } from "../port/reply.ts";
import { newReplyId } from "../reply/running-replies.ts";
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
  { place, author, replyId, inThreads = place.isDirect }: StopAction,
): Promise<undefined> {
  checkAccess(core, place, author);
  const conversation = conversationKey(place);
  const which = replyId === undefined ? { inThreads } : { replyId };
  await tellAll(core, place, { type: "stop", conversation, ...which });
}

/** Answers a reply's question again, in its place. */
export async function regenerate(core: Core, action: ReplyAction, startReply: StartReply): Promise<string | undefined> {
  const kept = await findReply(core.stores.replies, conversationKey(action.place), action.replyId);
  if (kept.isCompared) return COMPARED;
  return await answerAgain(core, { action, kept, isContinued: false, startReply });
}

/** Goes on where a reply was cut. */
export async function continueReply(
  core: Core,
  action: ReplyAction,
  startReply: StartReply,
): Promise<string | undefined> {
  const kept = await findReply(core.stores.replies, conversationKey(action.place), action.replyId);
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
  const kept = await core.stores.replies.get(conversation, replyId);
  if (!kept) throw replyGone();
  const { question, context = "", text: reply, model = "" } = kept;
  const rated = { conversation, replyId, authorId: author.id, rating, question, context, reply, model };
  await core.feedback.rate(workspaceKey(place), { atMs: Date.now(), ...rated });
  return undefined;
}

/** Whether the workspace collects feedback. Rejects where that cannot be known. */
export async function wantsFeedback({ stores, feedback }: Core, place: ReplyAction["place"]): Promise<boolean> {
  return feedback !== undefined && ((await stores.settings.get(workspaceKey(place))).feedback ?? false);
}

interface SecondAnswer {
  readonly action: ReplyAction;
  readonly kept: KeptReply;
  readonly isContinued: boolean;
  readonly startReply: StartReply;
}

/** One press at a time: a second one is told so. One that is refused costs nothing, and may be made again. */
async function answerAgain(core: Core, { action, kept, isContinued, startReply }: SecondAnswer): Promise<undefined> {
  const { place, author, replyId } = action;
  checkAsker(core, action, kept);
  const { messageId, names, question: text } = kept;
  const entry = {
    eventId: `again:${replyId}`,
    kind: "press",
    place,
    messageId,
    replyId: newReplyId(),
    raw: replyId,
  } as const;
  const delivery = await core.stores.inbox.claim(entry);
  if (!delivery) throw new BotError("REPLY_GONE", UNDER_WAY);
  const message = { place, author: { ...author, name: kept.author }, names, text };
  await runPending(core, new Pending(core, delivery), async (pending) => {
    // An earlier press may have ended since it was read.
    await findReply(core.stores.replies, conversationKey(place), replyId);
    await admit(core, place, author);
    await pending.answer({ message, startReply, predecessor: { kept, isContinued }, admit: async () => undefined });
  });
}

/** Nobody's question is answered by way of someone else's press. */
function checkAsker(core: Core, { place, author }: ReplyAction, { asker, author: name }: KeptReply): void {
  if (asker === undefined || asker.id === author.id) return;
  const { id, roleIds } = asker;
  const refusal = accessRefusal(core, place, { ...author, id, name, roleIds: roleIds ?? [] });
  if (refusal !== undefined) throw new BotError("ACCESS_DENIED", ASKER_DENIED);
}
