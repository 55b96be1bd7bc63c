import type { Command } from "../port/command.ts";
import type { Author, Place } from "../port/place.ts";
import type { PlatformWords } from "../port/words.ts";

/** Who may be named in a list: ids as the platform has them. */
export interface AccessLists {
  /** Workspaces and guilds. */
  readonly workspaces: readonly string[];
  readonly channels: readonly string[];
  readonly users: readonly string[];
  readonly roles: readonly string[];
}

/** Who may talk to the bot, where, and who runs it. An empty `allow` list allows all; `deny` goes before `allow`. */
export interface AccessPolicy {
  readonly allow: AccessLists;
  readonly deny: AccessLists;
  /** Whether the bot answers direct messages. */
  readonly directMessages: boolean;
  readonly admins: Pick<AccessLists, "users" | "roles">;
  /** Commands that only admins may give a value to; to look is free. */
  readonly adminCommands: readonly Command["type"][];
}

const NONE: AccessLists = { workspaces: [], channels: [], users: [], roles: [] };

/** Everyone may talk to the bot everywhere; whom the platform calls an administrator is one. */
export const OPEN_ACCESS: AccessPolicy = {
  allow: NONE,
  deny: NONE,
  directMessages: true,
  admins: { users: [], roles: [] },
  adminCommands: [],
};

/** Whether it makes a difference which roles people have. */
export function namesRoles({ allow, deny, admins }: AccessPolicy): boolean {
  return [allow, deny, admins].some(({ roles }) => roles.length > 0);
}

/** Who may talk to the bot, and how that is said. */
export interface Access {
  readonly access: AccessPolicy;
  readonly words: PlatformWords;
}

/** Why this person may not talk to the bot here, in one sentence; undefined where they may. */
export function accessRefusal({ access: policy, words }: Access, place: Place, author: Author): string | undefined {
  const { allow, deny, directMessages } = policy;
  if (!isWorkspaceAllowed(policy, place, author)) {
    const where = place.isDirect ? "you here" : `in this ${words.workspace}`;
    return `I am not set up to answer ${where}; whoever runs me can allow it.`;
  }
  if (place.isDirect && !directMessages) return "I do not answer direct messages here; ask me in a channel.";
  if (!place.isDirect && !isAllowed(place.channelId, allow.channels, deny.channels))
    return "I am not set up to answer in this channel; ask me in another, or whoever runs me to allow it.";
  if (deny.roles.length > 0 && !author.roleIds)
    return "I cannot see which roles you have just now, and some may not talk to me. Try again in a moment, or in a channel.";
  if (isPersonAllowed(policy, author)) return undefined;
  return "You are not on the list of those I may answer; whoever runs me can add you.";
}

/** By the configured lists; where there are none, by what the platform says. */
export function isAdmin({ admins }: AccessPolicy, { id, roleIds = [], isAdmin = false }: Author): boolean {
  if (admins.users.length === 0 && admins.roles.length === 0) return isAdmin;
  return admins.users.includes(id) || roleIds.some((role) => admins.roles.includes(role));
}

/** Denied by either, allowed by either: a role opens the door for all who have it, a name for one. */
function isPersonAllowed({ allow, deny }: AccessPolicy, { id, roleIds = [] }: Author): boolean {
  if (deny.users.includes(id) || roleIds.some((role) => deny.roles.includes(role))) return false;
  if (allow.users.length === 0 && allow.roles.length === 0) return true;
  return allow.users.includes(id) || roleIds.some((role) => allow.roles.includes(role));
}

/** A direct message may be outside of all workspaces: there the person's own open the door, and do not close it. */
function isWorkspaceAllowed({ allow, deny }: AccessPolicy, place: Place, { workspaceIds = [] }: Author): boolean {
  const { workspaceId, isDirect } = place;
  if (isAllowed(workspaceId, allow.workspaces, deny.workspaces)) return true;
  if (!isDirect || deny.workspaces.includes(workspaceId)) return false;
  return workspaceIds.some((id) => isAllowed(id, allow.workspaces, deny.workspaces));
}

function isAllowed(id: string, allow: readonly string[], deny: readonly string[]): boolean {
  return !deny.includes(id) && (allow.length === 0 || allow.includes(id));
}
