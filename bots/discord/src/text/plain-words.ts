import type { Guild, GuildMember, Message } from "discord.js";

/** Code, where nothing is a name; or a name, an emoji, a time or a command in Discord's own writing. */
const MARKUP =
  /```[\s\S]*?```|`[^`\n]*`|<@!?(?<person>\d+)>|<@&(?<role>\d+)>|<#(?<channel>\d+)>|<a?(?<emoji>:\w+:)\d+>|<t:(?<seconds>-?\d{1,12})(?::(?<style>[tTdDfFR]))?>|<(?<command>\/[^:<>]+):\d+>/g;

/** Whose names a text has. */
export interface Names {
  readonly mentions: Pick<Message["mentions"], "users" | "members" | "roles">;
  readonly guild: Guild | null;
  /** Who asks: channels that they cannot see keep their names from them. */
  readonly reader: GuildMember | null;
}

/** A text as people see it: names of people, roles and channels, emoji, times and commands spelled out, code as it is. */
export function plainWords(text: string, names: Names): string {
  return text.replace(MARKUP, (match, ...rest) => wordsOf(rest.at(-1), names) ?? match);
}

/** Undefined for what stays as it is. */
function wordsOf(found: Readonly<Record<string, string | undefined>>, names: Names): string | undefined {
  const { person, role, channel, emoji, seconds, style, command } = found;
  if (person !== undefined) return named("@", personName(person, names));
  if (role !== undefined) return named("@", roleName(role, names));
  if (channel !== undefined) return named("#", channelName(channel, names));
  return seconds === undefined ? (emoji ?? command) : timeWords(Number(seconds), style);
}

const named = (mark: string, name: string | undefined) => (name === undefined ? undefined : `${mark}${name}`);

function personName(id: string, { mentions, guild }: Names): string | undefined {
  const member = mentions.members?.get(id) ?? guild?.members.cache.get(id);
  return (member ?? mentions.users.get(id))?.displayName;
}

function roleName(id: string, { mentions, guild }: Names): string | undefined {
  return (mentions.roles.get(id) ?? guild?.roles.cache.get(id))?.name;
}

function channelName(id: string, { guild, reader }: Names): string | undefined {
  const channel = guild?.channels.cache.get(id);
  return channel && reader && channel.permissionsFor(reader)?.has("ViewChannel") ? channel.name : undefined;
}

/** In universal time: Discord shows everybody their own. */
function timeWords(seconds: number, style = "f"): string {
  const [day = "", time = ""] = new Date(seconds * 1_000).toISOString().split("T");
  const hour = `${time.slice(0, style === "T" ? 8 : 5)} UTC`;
  if (style === "d" || style === "D") return day;
  return style === "t" || style === "T" ? hour : `${day} ${hour}`;
}
