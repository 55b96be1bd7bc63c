import { type Attachment, readBody, type SentMessage } from "@cria/bot-core";
import { type Attachment as DiscordAttachment, type Message, MessageType } from "discord.js";
import type { Authors } from "./authors.ts";
import { eventIdOf, placeOf } from "./place.ts";

/** Code, where nothing is a name, or somebody's name. */
const CODE_OR_NAME = /```[\s\S]*?```|`[^`\n]*`|<@!?(\d+)>/g;

/** Which messages are for the bot. */
export interface Attention {
  /** Whether a thread that the bot is in goes on without a new mention. */
  readonly followsThreads: boolean;
}

/** Whether a message is meant for the bot: a direct message, a mention, or one in a thread it is in. */
export function isForBot(message: Message, { followsThreads }: Attention): boolean {
  const { author, channel, type, client, webhookId } = message;
  if (author.bot || webhookId !== null) return false;
  if (type !== MessageType.Default && type !== MessageType.Reply) return false;
  if (channel.isDMBased() || namesBot(message)) return true;
  if (!followsThreads || !channel.isThread() || !isInThread(message)) return false;
  // Without the intent there is nothing to answer; and who names others talks to them.
  const isBlank = message.content === "" && message.attachments.size === 0;
  return !isBlank && message.mentions.users.every(({ id }) => id === client.user.id);
}

/** A message for the core; undefined where it has no place. */
export async function toIncomingMessage(
  message: Message,
  authors: Authors,
): Promise<(SentMessage & { readonly messageId: string }) | undefined> {
  const place = placeOf(message.channel);
  if (!place) return undefined;
  const [quote, author] = await Promise.all([quoteOf(message), authors.of(message.author, message.member)]);
  return {
    eventId: eventIdOf(place, message.id),
    messageId: message.id,
    place,
    author,
    text: textOf(message),
    isOverheard: !place.isDirect && !namesBot(message),
    attachments: [...message.attachments.values()].map(toAttachment),
    ...(quote && { quote }),
  };
}

/** What was written: the bot's own name taken off, others' as people see them. */
export function textOf(message: Message): string {
  const names = [`<@${message.client.user.id}>`, `<@!${message.client.user.id}>`, ...ownRoles(message)];
  const words = names.reduce((text, name) => withoutName(text, name), message.content);
  return words.replace(CODE_OR_NAME, (match, id?: string) => {
    const user = id && message.mentions.users.get(id);
    return user ? `@${message.mentions.members?.get(user.id)?.displayName ?? user.displayName}` : match;
  });
}

/** Only where it calls the bot, at either end: within a sentence the name is a word of it. */
function withoutName(text: string, name: string): string {
  let rest = text.trim();
  while (rest.startsWith(name)) rest = rest.slice(name.length).trimStart();
  while (rest.endsWith(name)) rest = rest.slice(0, -name.length).trimEnd();
  return rest;
}

/** People pick the bot's role in the list of names as often as the bot. */
function ownRoles(message: Message): readonly string[] {
  const roles = message.mentions.roles.filter(({ tags }) => tags?.botId === message.client.user.id);
  return roles.map(({ id }) => `<@&${id}>`);
}

function namesBot(message: Message): boolean {
  return message.mentions.users.has(message.client.user.id) || ownRoles(message).length > 0;
}

function isInThread({ channel }: Message): boolean {
  return channel.isThread() && channel.joined;
}

/** The text replied to or forwarded. The bot's own is left out: memory has it. */
async function quoteOf(message: Message): Promise<string | undefined> {
  const forwarded = message.messageSnapshots.map(({ content }) => content ?? "").join("\n");
  if (forwarded !== "") return forwarded;
  const id = message.reference?.messageId;
  if (message.type !== MessageType.Reply || id === undefined) return undefined;
  const cached = message.channel.messages.cache.get(id);
  // It may be gone, or not for the bot to read.
  const quoted = cached ?? (await message.fetchReference().catch(() => undefined));
  return quoted && quoted.author.id !== message.client.user.id ? quoted.content : undefined;
}

function toAttachment({ name, contentType, size, url }: DiscordAttachment): Attachment {
  return {
    name,
    mimeType: contentType ?? "",
    sizeBytes: size,
    load: async (signal) => {
      const response = await fetch(url, { signal });
      if (!response.ok) throw new Error(`Discord answered ${response.status} for the file ${name}`);
      return await readBody(response, size);
    },
  };
}
