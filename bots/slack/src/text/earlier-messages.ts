import type { SlackContext } from "../context.ts";
import { isInThread, isOverheard } from "../incoming/for-bot.ts";
import type { SlackMessage, SlackMessageEvent } from "../incoming/message-event.ts";
import { withoutCommands } from "../incoming/spoken-command.ts";
import { lines } from "./block-text.ts";
import { fileName } from "./files.ts";
import { readableText, spokenText } from "./readable-text.ts";

/** Of a thread's messages in all but its root, in UTF-16 code units: the core keeps a little more. */
const MAX_LENGTH = 3_500;

/**
 * What was said before a message that names the bot in a thread, oldest first: its root, and the newest others but the bot's own
 * and commands. Nothing of one in a thread that goes on, since the bot heard all of it.
 */
export async function earlierMessages(
  context: SlackContext,
  event: SlackMessageEvent,
): Promise<readonly SlackMessage[]> {
  const { channel, thread_ts: threadTs = "", ts } = event;
  if (isOverheard(context, event) || !isInThread(event)) return [];
  const isHeard = channel.startsWith("D") && context.threads.knows({ channel, threadTs, ts }) === true;
  if (isHeard) return [];
  const said = await context.threads.before({ channel, threadTs, ts });
  return withinLimits(context, await withoutCommands(context, channel, said));
}

function withinLimits(context: SlackContext, messages: readonly SlackMessage[]): readonly SlackMessage[] {
  const said = messages.filter(({ subtype }) => subtype !== "tombstone");
  const root = said.filter((message) => isRoot(message));
  const others = said.filter((message) => !isRoot(message) && message.user !== context.botUserId);
  let room = MAX_LENGTH;
  const isTooMuch = (message: SlackMessage) => {
    room -= wordsOf(context, message).length;
    return room < 0;
  };
  return [...root, ...others.slice(others.findLastIndex(isTooMuch) + 1)];
}

/** Whether others are said below it. */
export function isRoot({ ts, thread_ts: threadTs = ts }: SlackMessage): boolean {
  return ts === threadTs;
}

/** What people read in a message of the thread, in Slack's own writing; files by their names. */
export function wordsOf({ botUserId }: SlackContext, message: SlackMessage): string {
  if (message.user === botUserId) return spokenText(message);
  return lines([readableText(message), ...(message.files ?? []).map((file) => `(file: ${fileName(file)})`)]);
}
