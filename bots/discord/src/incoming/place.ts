import type { Author, IncomingMessage, Place } from "@cria/bot-core";
import { type APIInteractionGuildMember, type Channel, GuildMember, PermissionFlagsBits, type User } from "discord.js";

/** The workspace of all direct messages, named as in Discord's own addresses. */
export const DIRECT_WORKSPACE = "@me";

/** Where something was written; undefined for channels without text of their own. */
export function placeOf(channel: Channel): Place | undefined {
  const bot = { platform: "discord", writer: `discord:${channel.client.application.id}` };
  if (channel.isDMBased()) return { ...bot, workspaceId: DIRECT_WORKSPACE, channelId: channel.id, isDirect: true };
  const place = { ...bot, workspaceId: channel.guildId, isDirect: false };
  if (channel.isThread()) return { ...place, channelId: channel.parentId ?? channel.id, threadId: channel.id };
  return channel.isTextBased() ? { ...place, channelId: channel.id } : undefined;
}

/** How people call a place. A thread's channel is the one that it hangs in. */
export function placeNames(channel: Channel): NonNullable<IncomingMessage["names"]> {
  if (channel.isDMBased()) return { channel: "direct messages", workspace: "Discord" };
  const { name } = (channel.isThread() ? channel.parent : undefined) ?? channel;
  return { channel: name, workspace: channel.guild.name };
}

/** Several applications on one memory may be named in one message, and each answers it. */
export function eventIdOf({ writer }: Place, messageId: string): string {
  return `${writer}:${messageId}`;
}

/** Who wrote or pressed something. Who may manage the guild administers it. */
export function authorOf(user: User, member: GuildMember | APIInteractionGuildMember | null): Author {
  if (!member) return { id: user.id, name: user.displayName };
  if (!(member instanceof GuildMember))
    return { id: user.id, name: member.nick ?? user.displayName, roleIds: member.roles };
  return {
    id: user.id,
    name: member.displayName,
    roleIds: [...member.roles.cache.keys()].filter((id) => id !== member.guild.id),
    isAdmin: member.permissions.has(PermissionFlagsBits.ManageGuild),
  };
}
