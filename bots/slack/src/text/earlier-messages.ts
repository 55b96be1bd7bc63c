import type { SlackContext } from "../context.ts";
import { isInThread, isOverheard } from "../incoming/for-bot.ts";
import type { SlackMessage, SlackMessageEvent } from "../incoming/message-event.ts";
import { lines } from "./block-text.ts";
import { fileName } from "./files.ts";
import { readableText, spokenText } from "./readable-text.ts";

/** Of a thread's messages in all, in UTF-16 code units. */
const MAX_LENGTH = 3_500;
/** Of a root that stands alone, since its thread is longer than that. */
const MAX_ROOT_LENGTH = 4_000;

/** What was said in a thread before the bot was called into it. */
export interface EarlierMessages {
  /** The newest, oldest first, the bot's own left out. */
  readonly before: readonly SlackMessage[];
  /** What the thread is about, where it is not among them: its root, in Slack's own writing. */
  readonly rootText: string;
  readonly root: SlackMessage | undefined;
}

const NONE: EarlierMessages = { before: [], rootText: "", root: undefined };

/** Of a message that names the bot in a thread; nothing of one in a thread that goes on, since the bot heard all of it. */
export async function earlierMessages(context: SlackContext, event: SlackMessageEvent): Promise<EarlierMessages> {
  const { channel, thread_ts: threadTs = "", ts } = event;
  if (isOverheard(context, event) || !isInThread(event)) return NONE;
  const isHeard = channel.startsWith("D") && context.threads.knows({ channel, threadTs, ts }) === true;
  return isHeard ? NONE : withinLimits(context, await context.threads.before({ channel, threadTs, ts }));
}

function withinLimits(context: SlackContext, messages: readonly SlackMessage[]): EarlierMessages {
  const [root] = messages;
  const before: SlackMessage[] = [];
  let room = MAX_LENGTH;
  for (const message of messages.toReversed()) {
    if (message.user === context.botUserId || message.subtype === "tombstone") continue;
    room -= wordsOf(context, message).length;
    if (room < 0) break;
    before.unshift(message);
  }
  const rootText = root && !before.includes(root) ? wordsOf(context, root).slice(0, MAX_ROOT_LENGTH) : "";
  return { before, rootText, root };
}

/** What people read in a message of the thread, in Slack's own writing; files by their names. */
export function wordsOf({ botUserId }: SlackContext, message: SlackMessage): string {
  if (message.user === botUserId) return spokenText(message);
  return lines([readableText(message), ...(message.files ?? []).map((file) => `(file: ${fileName(file)})`)]);
}
