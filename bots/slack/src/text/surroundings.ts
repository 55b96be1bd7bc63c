import type { EarlierMessage, IncomingMessage } from "@cria/bot-core";
import type { SlackContext } from "../context.ts";
import { placeOf, type SlackMessage, type SlackMessageEvent } from "../incoming/message-event.ts";
import { earlierMessages, isRoot, wordsOf } from "./earlier-messages.ts";
import { attachmentsOf, besideAttachments, type SlackFile } from "./files.ts";
import { linkedMessages } from "./message-links.ts";
import { plainText } from "./plain-text.ts";
import { filesOf, sharedFiles, sharedText } from "./readable-text.ts";

/** Linked messages that are read; what those link to is not. */
const MAX_LINKED = 3;
const LINK_TIMEOUT_MS = 3_000;
/** Of a thread's root: the core keeps no more of a whole thread. */
const MAX_ROOT_LENGTH = 4_000;

/** What a message is about: messages that are shared with it and that it links to, what was said in its thread before, and files. */
export async function surroundings(
  context: SlackContext,
  event: SlackMessageEvent,
): Promise<Pick<IncomingMessage, "quote" | "before" | "attachments">> {
  const { fileAccess } = context;
  const [before, linked] = await Promise.all([earlierMessages(context, event), messagesLinkedIn(context, event)]);
  const quotes = [...linked.map((message) => wordsOf(context, message)), sharedText(event)];
  const ofRoot = await rootFiles(context, event, before);
  const beside = [...sharedFiles(event), ...ofRoot, ...linked.flatMap(filesOf)];
  const [quote, said] = await Promise.all([quoted(context, quotes), saidBefore(context, before)]);
  return {
    attachments: [...attachmentsOf(event.files ?? [], fileAccess), ...besideAttachments(beside, fileAccess)],
    ...(quote && { quote }),
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

/** Texts as people read them, one under the other. */
export async function quoted({ names, botUserId }: SlackContext, texts: readonly string[]): Promise<string> {
  const namesOf = await names.of(texts);
  return texts
    .map((text) => plainText(text, botUserId, namesOf))
    .filter((text) => text !== "")
    .join("\n\n");
}

async function saidBefore(context: SlackContext, before: readonly SlackMessage[]): Promise<EarlierMessage[]> {
  const texts = before.map((message) => wordsOf(context, message).slice(0, MAX_ROOT_LENGTH));
  // The newest first: so many names are looked up and no more.
  const authors = before.map(({ user }) => `<@${user}>`).reverse();
  const namesOf = await context.names.of([...authors, ...texts]);
  const isNamed = ({ user }: SlackMessage) => user !== undefined && user !== context.botUserId;
  return before.map((message, index) => ({
    messageId: message.ts,
    atMs: msOf(message),
    author: isNamed(message) ? namesOf.user(message.user!) : (message.username ?? message.bot_profile?.name ?? "App"),
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
