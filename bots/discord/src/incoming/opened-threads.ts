import { shorten } from "@cria/bot-core";
import { ChannelType, type Message, PermissionFlagsBits, RESTJSONErrorCodes, type SendableChannels } from "discord.js";
import { errorCode } from "../reply/discord-errors.ts";
import { questionText } from "../text/question-text.ts";

/** Discord takes 100. */
const MAX_NAME_LENGTH = 80;
const NEEDED = [PermissionFlagsBits.CreatePublicThreads, PermissionFlagsBits.SendMessagesInThreads];

/** Whether a thread can be opened for a message, as far as that is known here. */
export function mayOpenThread({ channel, hasThread, client }: Message): boolean {
  const hasThreads = channel.type === ChannelType.GuildText || channel.type === ChannelType.GuildAnnouncement;
  return hasThreads && !hasThread && (channel.permissionsFor(client.user)?.has(NEEDED) ?? false);
}

/** The thread that is opened for a message, named as it begins; another process may have opened it. Undefined where Discord lets none. */
export async function openThread(message: Message): Promise<SendableChannels | undefined> {
  if (message.hasThread) return await threadOf(message);
  try {
    return (await message.startThread({ name: nameOf(questionText(message)) })) as SendableChannels;
  } catch (error) {
    const isThere = errorCode(error) === RESTJSONErrorCodes.ThreadAlreadyCreatedForMessage;
    return isThere ? await threadOf(message) : undefined;
  }
}

async function threadOf({ client, id }: Message): Promise<SendableChannels | undefined> {
  const thread = await client.channels.fetch(id).catch(() => undefined);
  return thread?.isSendable() ? thread : undefined;
}

function nameOf(text: string): string {
  const [line = ""] = text.trim().split("\n");
  return shorten(line.trim(), MAX_NAME_LENGTH) || "Question";
}
