import { ChannelType, PermissionFlagsBits } from "discord-api-types/v10";
import { ApiError } from "../api-error.ts";
import type { Channel, World } from "./world.ts";

type Permission = keyof typeof PermissionFlagsBits;

/** What a user may do in a channel: roles, then the channel's overwrites for everyone, their roles and themselves. */
export function permissionsIn(world: World, channel: Channel, userId: string): bigint {
  if (channel.type === ChannelType.DM) return ~0n;
  const guild = world.guilds.get(channel.guildId!);
  const member = guild?.members.get(userId);
  if (!guild || !member) return 0n;
  if (guild.ownerId === userId) return ~0n;
  const roleIds = [guild.id, ...member.roles];
  let bits = roleIds.reduce((sum, id) => sum | BigInt(guild.roles.get(id)?.permissions ?? 0), 0n);
  if (bits & PermissionFlagsBits.Administrator) return ~0n;
  const overwrites = world.channels.get(channel.parentId ?? channel.id)?.overwrites ?? channel.overwrites;
  for (const id of [...roleIds, userId]) {
    const overwrite = overwrites.get(id);
    if (overwrite) bits = (bits & ~overwrite.deny) | overwrite.allow;
  }
  return bits;
}

export function may(world: World, channel: Channel, userId: string, permission: Permission): boolean {
  return (permissionsIn(world, channel, userId) & PermissionFlagsBits[permission]) !== 0n;
}

/** @throws ApiError 50001 where the bot cannot see the channel, 50013 where it lacks one of the permissions */
export function requireBotMay(world: World, channel: Channel, ...permissions: readonly Permission[]): void {
  if (!may(world, channel, world.bot.id, "ViewChannel")) throw new ApiError(50001);
  if (permissions.some((permission) => !may(world, channel, world.bot.id, permission))) throw new ApiError(50013);
}

/** The permission to write there. */
export function sendPermission(channel: Channel): Permission {
  return channel.type === ChannelType.PublicThread ? "SendMessagesInThreads" : "SendMessages";
}
