import type { Attachment, EarlierMessage, IncomingMessage, Quote } from "@cria/bot-core";
import { type Client, type Message, MessageReferenceType } from "discord.js";
import { filesOf, toAttachment } from "./files.ts";
import { isReadableIn, type MessageLink, messageLinks } from "./message-links.ts";
import { readableText, textBesideWords } from "./readable-text.ts";
import { earlierMessages, speakerOf, threadStarter } from "./thread-messages.ts";

/** Messages that one replies to and links to, and that those link to, read for one question. */
const MAX_MESSAGES = 4;

type Surroundings = Pick<IncomingMessage, "quotes" | "quotedAnswer" | "before" | "attachments">;

/** What is asked in a message. */
export interface Asked extends Pick<IncomingMessage, "text" | "isOverheard"> {
  /** Whether what was written then is news there, so that files of the message that its thread was opened from were not read yet. */
  readonly isNew: (atMs: number) => Promise<boolean>;
}

/** What a message is about: what it replies to, forwards and links to, what was said in its thread before, and files. */
export async function surroundings(message: Message, asked: Asked): Promise<Surroundings> {
  const [named, { before, withFiles }] = await Promise.all([namedMessages(message), saidBefore(message, asked)]);
  const answer = named.find((one) => one.author.id === one.client.user.id && questionOf(one) !== undefined);
  const others = named.filter((one) => one !== answer);
  const quotes = [{ text: textBesideWords(message, message.member) }, ...others.map((one) => toQuote(one, message))];
  return {
    attachments: attachments(message, [...others, ...withFiles]),
    quotes: quotes.filter(({ text }) => text !== ""),
    ...(answer && { quotedAnswer: { messageId: questionOf(answer)!, ...toQuote(answer, message) } }),
    ...(before.length > 0 && { before }),
  };
}

/** Whose words a forward passes on Discord does not tell. */
function toQuote(quoted: Message, { member: reader }: Message): Quote {
  const text = readableText(quoted, reader);
  return quoted.messageSnapshots.size > 0 ? { text } : { author: speakerOf(quoted), text };
}

interface SaidBefore {
  readonly before: readonly EarlierMessage[];
  /** Those of which files are to be read. */
  readonly withFiles: readonly Message[];
}

/** What was said in the thread that the bot is called into. */
async function saidBefore(message: Message, { isOverheard, isNew }: Asked): Promise<SaidBefore> {
  if (isOverheard) return { before: [], withFiles: [] };
  const starting = threadStarter(message);
  const [before, starter] = await Promise.all([earlierMessages(message, starting), starting]);
  const hasFiles = starter !== undefined && filesOf(starter).length > 0 && (await isNew(starter.createdTimestamp));
  return { before, withFiles: hasFiles ? [starter] : [] };
}

/** The message replied to, linked ones, and those linked in them: each once, so that a circle of links ends. */
async function namedMessages(message: Message): Promise<readonly Message[]> {
  const { channel, client } = message;
  const wanted = linksOf(message);
  const seen = new Set([message.id]);
  const found: Message[] = [];
  for (const link of wanted) {
    if (seen.has(link.messageId) || !isReadableIn(channel, link)) continue;
    if (seen.size > MAX_MESSAGES) break;
    seen.add(link.messageId);
    const named = await findMessage(client, link);
    if (!named) continue;
    found.push(named);
    wanted.push(...messageLinks(named.content));
  }
  return found;
}

function linksOf({ reference, content, channelId }: Message): MessageLink[] {
  const isReply = reference?.messageId !== undefined && reference.type !== MessageReferenceType.Forward;
  return [...(isReply ? [{ channelId, messageId: reference.messageId! }] : []), ...messageLinks(content)];
}

/** Undefined where it is gone or not for the bot to read. */
async function findMessage(client: Client, { channelId, messageId }: MessageLink): Promise<Message | undefined> {
  const channel = client.channels.cache.get(channelId);
  return channel?.isTextBased() ? await channel.messages.fetch(messageId).catch(() => undefined) : undefined;
}

/** The message that an answer of the bot's answers: it replies to it, or opens the thread that is opened for it. */
function questionOf({ reference, channel }: Message): string | undefined {
  return reference?.messageId ?? (channel.isThread() ? channel.id : undefined);
}

function attachments(message: Message, others: readonly Message[]): readonly Attachment[] {
  const own = filesOf(message).map((file) => toAttachment(file, false));
  return [...own, ...[...new Set(others)].flatMap(filesOf).map((file) => toAttachment(file, true))];
}
