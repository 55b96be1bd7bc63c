import type { Author, ClaimedEvent, Place, Reply } from "@cria/bot-core";
import type { Bot } from "../bot.ts";
import { meaningOf } from "../mention.ts";
import { incomingMessage } from "../replies/asked-message.ts";
import type { BegunReply, Replies } from "../replies/replies.ts";
import { isLive } from "../wire.ts";
import { ownerOf } from "./channel-names.ts";
import type { OpenTimelines } from "./open-timelines.ts";

/** All of the page's servers over one Redis write as one. */
const WRITER = "web:local";

export interface RecoverRepliesOptions {
  readonly bot: Bot;
  readonly replies: Replies;
  readonly timelines: OpenTimelines;
  readonly workspaceName: string;
}

/** Goes on with what servers left that died or ended, where it stands. Returns a function that ends it. */
export function recoverReplies({ bot, replies, timelines, workspaceName }: RecoverRepliesOptions): () => void {
  const timelineOf = ({ channelId }: Place) => timelines.get(ownerOf(channelId) ?? "", channelId);
  const takeUp = async (begun: BegunReply): Promise<Reply> => replies.takeUp(await timelineOf(begun.place), begun);

  async function goOn({ event, handle, answer }: ClaimedEvent): Promise<void> {
    const { place, messageId, raw } = event;
    const { author }: { author: Author } = JSON.parse(raw);
    const timeline = await timelineOf(place);
    const message = timeline.message(messageId);
    // Deleted meanwhile, or lost with the server in the instant in which it was sent.
    if (message === undefined) return;
    // A command is not run by two; or the question was changed into one, or into nothing.
    if (meaningOf(message.text, place.isDirect).type !== "question") return;
    const asked = incomingMessage({ timeline, place, message, author }, workspaceName);
    await answer(asked, (replyId) => takeUp({ place, messageId, handle, author, replyId }));
  }

  async function hasEnded(place: Place, messageId: string): Promise<boolean> {
    const message = (await timelineOf(place)).message(messageId);
    return message !== undefined && !isLive(message.state) && message.state?.type !== "interrupted";
  }

  return bot.recover({ writer: WRITER, serves: () => true, work: goOn, hasEnded, startReply: takeUp });
}
