import type { Channel } from "discord.js";

const LINK = /https?:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/channels\/(?:@me|\d+)\/(\d+)\/(\d+)/g;

/** A message that another one names. */
export interface MessageLink {
  readonly channelId: string;
  readonly messageId: string;
}

/** Links to messages in a text. */
export function messageLinks(text: string): readonly MessageLink[] {
  return [...text.matchAll(LINK)].map(([, channelId = "", messageId = ""]) => ({ channelId, messageId }));
}

/** Whether whoever reads a channel may read a message there: it is in the same one, or in that which a thread hangs in. */
export function isReadableIn(channel: Channel, { channelId }: MessageLink): boolean {
  return channelId === channel.id || (channel.isThread() && channelId === channel.parentId);
}
