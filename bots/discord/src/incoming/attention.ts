import { type Message, MessageType, type PartialMessage } from "discord.js";

/** What the bot hears beside its name. */
export interface Attention {
  /** Whether messages that do not name it come with their words. */
  readonly readsAllMessages: boolean;
  /** Whether a thread that the bot is in goes on without a new mention. */
  readonly followsThreads: boolean;
}

/** Whether a person wrote it, rather than Discord or an app. */
export function isWritten({ author, type, webhookId }: Message | PartialMessage): boolean {
  return author?.bot === false && webhookId === null && (type === MessageType.Default || type === MessageType.Reply);
}

/**
 * Whether a message that someone wrote is for the bot: a direct message, a mention, or one in a thread that the bot is in.
 * Undefined for any other that could be: where all are answered, it is.
 */
export function isForBot(message: Message, attention: Attention): boolean | undefined {
  if (message.channel.isDMBased() || namesBot(message)) return true;
  // Without the intent there is nothing to answer; and who names others talks to them.
  const isBlank = message.content === "" && message.attachments.size === 0 && message.messageSnapshots.size === 0;
  if (isBlank || !attention.readsAllMessages || namesOthers(message)) return false;
  return (attention.followsThreads && isInThread(message)) || undefined;
}

/** Whether the bot was in the thread when it was written: what was read later is not for it. */
function isInThread({ channel, client, createdTimestamp }: Message): boolean {
  const member = channel.isThread() ? channel.members.cache.get(client.user.id) : undefined;
  return member !== undefined && createdTimestamp >= (member.joinedTimestamp ?? 0);
}

/** Whether it calls the bot, or is for it alone. */
export function callsBot(message: Message): boolean {
  return message.channel.isDMBased() || namesBot(message);
}

/** People pick the bot's role in the list of names as often as the bot. */
export function ownRoleIds({ mentions, client }: Message): readonly string[] {
  return mentions.roles.filter(({ tags }) => tags?.botId === client.user.id).map(({ id }) => id);
}

function namesBot(message: Message): boolean {
  return message.mentions.users.has(message.client.user.id) || ownRoleIds(message).length > 0;
}

function namesOthers({ mentions, client }: Message): boolean {
  return mentions.users.some(({ id }) => id !== client.user.id);
}
