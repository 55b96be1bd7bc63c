import { formError } from "../api-error.ts";

/** What a message's sender lets ping; all that its text names, where it says nothing. */
export interface AllowedMentions {
  readonly parse?: readonly ("everyone" | "roles" | "users")[] | undefined;
  readonly users?: readonly string[] | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly replied_user?: boolean | undefined;
}

/** Whom a message really notified. */
export interface Pings {
  /** By @everyone or @here. */
  readonly everyone: boolean;
  readonly users: readonly string[];
  readonly roles: readonly string[];
}

export const NOBODY: Pings = { everyone: false, users: [], roles: [] };

export interface PingOptions {
  readonly content: string;
  readonly allowed: AllowedMentions | undefined;
  /** Author of the message replied to. */
  readonly repliedUser: string | undefined;
  /** Whether the sender may ping @everyone and roles that are not mentionable. */
  readonly canMentionEveryone: boolean;
}

/** Whom a message with this text pings: code never does. */
export function findPings({ content, allowed, repliedUser, canMentionEveryone }: PingOptions): Pings {
  checkAllowed(allowed);
  const text = withoutCode(content);
  const may = (kind: "everyone" | "roles" | "users") => !allowed || (allowed.parse?.includes(kind) ?? false);
  const users = ids(text, /<@!?(\d+)>/g).filter((id) => may("users") || allowed?.users?.includes(id));
  const roles = ids(text, /<@&(\d+)>/g).filter((id) => may("roles") || allowed?.roles?.includes(id));
  const isReplyPing = repliedUser !== undefined && (allowed ? allowed.replied_user === true : true);
  return {
    everyone: canMentionEveryone && may("everyone") && /@(everyone|here)\b/.test(text),
    users: [...new Set(isReplyPing ? [...users, repliedUser] : users)],
    roles: canMentionEveryone ? [...new Set(roles)] : [],
  };
}

/** Users whom a text names, whether or not it pings them. */
export function mentionedUsers(content: string): readonly string[] {
  return [...new Set(ids(withoutCode(content), /<@!?(\d+)>/g))];
}

/** Roles that a text names. */
export function mentionedRoles(content: string): readonly string[] {
  return [...new Set(ids(withoutCode(content), /<@&(\d+)>/g))];
}

/** The first link in a text that Discord would show a preview of. */
export function linkIn(content: string): string | undefined {
  return /(?<!<)https?:\/\/[^\s<>)]+/.exec(withoutCode(content))?.[0];
}

function checkAllowed(allowed: AllowedMentions | undefined): void {
  for (const kind of ["users", "roles"] as const) {
    if (!allowed?.parse?.includes(kind) || !allowed[kind]?.length) continue;
    const message = `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`;
    throw formError(["allowed_mentions"], "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message);
  }
}

function withoutCode(content: string): string {
  return content.replace(/```[\s\S]*?```/g, " ").replace(/(`+)[^`][\s\S]*?\1/g, " ");
}

function ids(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1]!);
}
