import { type EarlierMessage, isSlashCommand, isStopWord, type Speaker, shorten } from "@cria/bot-core";
import { type GuildMember, type Message, MessageType, type ThreadChannel } from "discord.js";
import { isWritten } from "../incoming/attention.ts";
import { filesOf } from "./files.ts";
import { questionText } from "./question-text.ts";
import { readableText } from "./readable-text.ts";

/** Messages of a thread that are looked at: Discord's page, read in one request. */
const MAX_MESSAGES = 100;
/** Of what was said in all, names included, in UTF-16 code units: the core keeps a little more. */
const MAX_LENGTH = 3_500;
/** Of the message that the thread was opened from, which comes first. */
const MAX_STARTER_LENGTH = 1_500;
/** What a name is set off with. */
const PUNCTUATION = 3;

const SAID: ReadonlySet<MessageType> = new Set([
  MessageType.Default,
  MessageType.Reply,
  MessageType.ChatInputCommand,
  MessageType.ContextMenuCommand,
]);

/**
 * What was said in a thread before a message: the message that it was opened from, and the newest others, oldest first, as far
 * as there is room. Two requests, however long the thread is. Of the bot's own the first alone, which is of another conversation.
 */
export async function earlierMessages(
  message: Message,
  starting: Promise<Message | undefined>,
): Promise<readonly EarlierMessage[]> {
  const { channel, member, client, id } = message;
  if (!channel.isThread()) return [];
  const [starter, page] = await Promise.all([starting, messagesBefore(channel, id)]);
  const first = (starter ? [toEarlier(starter, member, MAX_STARTER_LENGTH)] : []).filter(hasText);
  const said = page.filter((one) => one.author.id !== client.user.id && one.id !== starter?.id && isSaid(one));
  return withinRoom([...first, ...said.map((one) => toEarlier(one, member)).filter(hasText)], first.length);
}

/** What asks the bot to do something was no part of the talk. */
function isSaid(message: Message): boolean {
  if (!isWritten(message)) return SAID.has(message.type);
  const words = questionText(message);
  return !isStopWord(words) && !isSlashCommand(words);
}

const hasText = ({ text }: EarlierMessage) => text !== "";

/** The first of them, and of the others, of which the newest comes first, as many as there is room for. */
function withinRoom(earlier: readonly EarlierMessage[], numFirst: number): readonly EarlierMessage[] {
  let room = MAX_LENGTH;
  const end = earlier.findIndex((one) => {
    room -= lengthOf(one);
    return room < 0;
  });
  const kept = end === -1 ? earlier : earlier.slice(0, end);
  return [...kept.slice(0, numFirst), ...kept.slice(numFirst).reverse()];
}

/** The message that a message's thread was opened from; undefined where there is none, or it is that message itself. */
export async function threadStarter({ channel, id }: Message): Promise<Message | undefined> {
  if (!channel.isThread() || channel.id === id) return undefined;
  return (await channel.fetchStarterMessage().catch(() => undefined)) ?? undefined;
}

/** The newest first. */
async function messagesBefore(thread: ThreadChannel, before: string): Promise<readonly Message[]> {
  const page = await thread.messages.fetch({ before, limit: MAX_MESSAGES, cache: false }).catch(() => undefined);
  return [...(page?.values() ?? [])];
}

function toEarlier(message: Message, reader: GuildMember | null, limit = MAX_LENGTH): EarlierMessage {
  const { id: authorId, name: author } = speakerOf(message);
  const files = filesOf(message).map(({ name }) => `(file: ${name})`);
  const text = [readableText(message, reader), ...files].filter((part) => part !== "").join("\n");
  return {
    messageId: message.id,
    atMs: message.createdTimestamp,
    author,
    authorId,
    text: shorten(text, limit),
  };
}

/** Who wrote a message, by the name that people see there. */
export function speakerOf({ member, author }: Message): Speaker {
  return { id: author.id, name: member?.displayName ?? author.displayName };
}

function lengthOf({ author, text }: EarlierMessage): number {
  return author.length + text.length + PUNCTUATION;
}
