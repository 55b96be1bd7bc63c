import { type EarlierMessage, type IncomingMessage, type Quote, type Speaker, shorten } from "@cria/bot-core";
import type { SlackContext } from "../context.ts";
import { placeOf, type SlackMessage, type SlackMessageEvent } from "../incoming/message-event.ts";
import { earlierMessages, isRoot, wordsOf } from "./earlier-messages.ts";
import { attachmentsOf, besideAttachments, type SlackFile } from "./files.ts";
import { linkedMessages } from "./message-links.ts";
import { plainText } from "./plain-text.ts";
import { filesOf, sharedFiles, sharedTexts, type WrittenText } from "./readable-text.ts";

/** Linked messages that are read; what those link to is not. */
const MAX_LINKED = 3;
const LINK_TIMEOUT_MS = 3_000;
/** Of a thread's root: the core keeps no more of a whole thread. */
const MAX_ROOT_LENGTH = 4_000;

/** What a message is about: messages that are shared with it and that it links to, what was said in its thread before, and files. */
export async function surroundings(
  context: SlackContext,
  event: SlackMessageEvent,
): Promise<Pick<IncomingMessage, "quotes" | "before" | "attachments">> {
  const { fileAccess } = context;
  const [before, linked] = await Promise.all([earlierMessages(context, event), messagesLinkedIn(context, event)]);
  const written = [...linked.map((message) => writtenIn(context, message)), ...sharedTexts(event)];
  const ofRoot = await rootFiles(context, event, before);
  const beside = [...sharedFiles(event), ...ofRoot, ...linked.flatMap(filesOf)];
  const [quotes, said] = await Promise.all([quotesOf(context, written), saidBefore(context, before)]);
  return {
    attachments: [...attachmentsOf(event.files ?? [], fileAccess), ...besideAttachments(beside, fileAccess)],
    quotes,
    ...(said.length > 0 && { before: said }),
  };
}

/** Files of a thread's root, unless they were read before. */
async function rootFiles(
  context: SlackContext,
  event: SlackMessageEvent,
  before: readonly SlackMessage[],
): Promise<readonly SlackFile[]> {
  const [root] = before.filter(isRoot);
  const files = root ? filesOf(root) : [];
  if (!root || files.length === 0) return [];
  return (await context.core.isNews(placeOf(event, context), msOf(root))) ? files : [];
}

/** When a message was written, in milliseconds since 1970. */
const msOf = ({ ts }: SlackMessage) => Number(ts) * 1_000;

/** What people read in a message, and whose it is. */
export function writtenIn(context: SlackContext, message: SlackMessage): WrittenText {
  return { userId: message.user, name: appName(message), text: wordsOf(context, message) };
}

/** Texts as people read them, with the names of who wrote them. */
export async function quotesOf(context: SlackContext, written: readonly WrittenText[]): Promise<readonly Quote[]> {
  const namesOf = await context.names.of(written.map(({ text }) => text));
  const quotes = written.map(async ({ text, ...writer }) => ({
    author: await speakerOf(context, writer),
    text: plainText(text, context.botUserId, namesOf),
  }));
  return (await Promise.all(quotes)).filter(({ text }) => text !== "");
}

async function speakerOf(
  { people }: SlackContext,
  { userId: id, name }: Omit<WrittenText, "text">,
): Promise<Speaker | undefined> {
  if (id === undefined) return name === undefined ? undefined : { name };
  const person = await people.person(id);
  return { id, name: person.name === id ? (name ?? id) : person.name };
}

/** Under which an app writes. */
function appName({ username, bot_profile }: SlackMessage): string | undefined {
  return username ?? bot_profile?.name;
}

async function saidBefore(context: SlackContext, before: readonly SlackMessage[]): Promise<EarlierMessage[]> {
  const texts = before.map((message) => shorten(wordsOf(context, message), MAX_ROOT_LENGTH));
  // The newest first: so many names are looked up and no more.
  const authors = before.map(({ user }) => `<@${user}>`).reverse();
  const namesOf = await context.names.of([...authors, ...texts]);
  const isNamed = ({ user }: SlackMessage) => user !== undefined && user !== context.botUserId;
  return before.map((message, index) => ({
    messageId: message.ts,
    atMs: msOf(message),
    author: isNamed(message) ? namesOf.user(message.user!) : (appName(message) ?? "App"),
    authorId: message.user,
    text: plainText(texts[index]!, context.botUserId, namesOf),
  }));
}

/** Messages of the same channel: of others the bot cannot know who may read them. */
async function messagesLinkedIn({ threads, logger }: SlackContext, event: SlackMessageEvent) {
  const { channel, text = "", ts } = event;
  const links = linkedMessages(text).filter((link) => link.channel === channel && link.ts !== ts);
  const messages = links.slice(0, MAX_LINKED).map((link) =>
    threads.message(link, LINK_TIMEOUT_MS).catch((error: unknown) => {
      logger.debug({ err: error }, "a linked message cannot be read");
      return undefined;
    }),
  );
  return (await Promise.all(messages)).filter((message) => message !== undefined);
}
