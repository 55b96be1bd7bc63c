import type { Message } from "discord.js";
import { ownRoleIds } from "../incoming/attention.ts";
import { plainWords } from "./plain-words.ts";
import { namesIn } from "./readable-text.ts";

/** What was written: the bot's own name taken off, others' as people see them. */
export function questionText(message: Message): string {
  const { id } = message.client.user;
  const names = [`<@${id}>`, `<@!${id}>`, ...ownRoleIds(message).map((roleId) => `<@&${roleId}>`)];
  const words = names.reduce((text, name) => withoutName(text, name), message.content);
  return plainWords(words, namesIn(message, message.member));
}

/** Only where it calls the bot, at either end: within a sentence the name is a word of it. */
function withoutName(text: string, name: string): string {
  let rest = text.trim();
  while (rest.startsWith(name)) rest = rest.slice(name.length).trimStart();
  while (rest.endsWith(name)) rest = rest.slice(0, -name.length).trimEnd();
  return rest;
}
