import {
  type Author,
  type ClaimedEvent,
  type Command,
  type CommandError,
  type Place,
  splitMessage,
} from "@cria/bot-core";
import type { types } from "@slack/bolt";
import { type Asker, namesIn, replyStarter, type SlackContext, type ThreadPlace } from "../context.ts";
import { escapedBytes, fallbackText, MAX_MARKDOWN_BYTES, withoutPings } from "../reply/message-text.ts";
import { markdownBlocks } from "../reply/reply-blocks.ts";
import { choiceRefusal, pickerButton } from "./model-picker.ts";

/** A command among the messages of a thread or a channel. */
export interface CommandMessage {
  readonly claimed: ClaimedEvent;
  /** The channel where a thread's root is the message itself. */
  readonly place: Place;
  /** Where the answer goes. */
  readonly thread: ThreadPlace;
  readonly author: Author;
  readonly asker: Asker;
  readonly command: Command | CommandError;
  /** Whether another process may have answered it. */
  readonly isRecovered: boolean;
}

/** Answers a command in its thread, where everyone sees it. */
export async function answerCommand(context: SlackContext, message: CommandMessage): Promise<void> {
  const { claimed, place, author, command } = message;
  const say = (text: string, footer?: readonly types.AnyBlock[]) => post(context, message, text, footer);
  const answer =
    "type" in command && command.type === "compare"
      ? // Its replies are in the thread: so are Stop and 👍 and 👎.
        await compare(context, message, command)
      : await claimed.runCommand({ place, author, command });
  context.openChannels.forget();
  const isList = "type" in command && command.type === "model" && command.name === undefined;
  const hasMenu = isList && choiceRefusal(context, author, place) === undefined;
  if (answer !== undefined) await say(answer, hasMenu ? [pickerButton(place)] : []);
}

async function compare(
  context: SlackContext,
  { claimed, thread, author, asker }: CommandMessage,
  command: Command,
): Promise<string | undefined> {
  const names = await namesIn(context, thread.channelId);
  return await claimed.compare({ place: thread, author, command, names }, replyStarter(context, thread, asker));
}

async function post(
  { writer }: SlackContext,
  { claimed, thread, isRecovered: looksFirst }: CommandMessage,
  text: string,
  footer?: readonly types.AnyBlock[],
): Promise<void> {
  const { eventId, messageId } = claimed.event;
  const where = { channel: thread.channelId, threadTs: thread.threadId, afterTs: messageId };
  for (const [index, { blocks, fallback }] of answerMessages(text, footer).entries())
    await writer.messages.post({ ...where, id: `${eventId}.${index}`, text: fallback, blocks }, { looksFirst });
}

/** A text of the bot's own for people, as one message or more. */
export function answerMessages(text: string, footer: readonly types.AnyBlock[] = []) {
  const parts = splitMessage(withoutPings(text), {
    limit: MAX_MARKDOWN_BYTES,
    measure: escapedBytes,
  });
  return parts.map((part, index) => ({
    fallback: fallbackText(part),
    blocks: markdownBlocks(part, index === parts.length - 1 ? footer : []),
  }));
}

/** Sends an answer to a slash command or a button to the person alone. */
export async function tellPrivately(
  { client, logger }: SlackContext,
  place: { readonly channelId: string; readonly threadId?: string | undefined },
  userId: string,
  text: string,
): Promise<void> {
  const { channelId: channel, threadId } = place;
  try {
    for (const { blocks, fallback } of answerMessages(text)) {
      const args = { channel, user: userId, text: fallback, blocks };
      await client.call("chat.postEphemeral", { ...args, ...(threadId !== undefined && { thread_ts: threadId }) });
    }
  } catch (error) {
    logger.warn({ err: error, channel }, "an answer for one person was not shown");
  }
}
