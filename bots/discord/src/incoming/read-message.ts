import {
  type Author,
  type BotCore,
  type Command,
  type CommandError,
  type IncomingMessage,
  isSlashCommand,
  isStopWord,
  type Place,
  parseCommand,
} from "@cria/bot-core";
import type { Message } from "discord.js";
import { plainWords } from "../text/plain-words.ts";
import { namesIn } from "../text/readable-text.ts";
import { surroundings } from "../text/surroundings.ts";
import { DISCORD_WORDS } from "../words.ts";
import { callsBot, ownRoleIds } from "./attention.ts";
import type { Authors } from "./authors.ts";
import { placeNames } from "./place.ts";

/** What a message asks for. */
export type ReadMessage =
  | { readonly type: "question"; readonly message: IncomingMessage }
  | { readonly type: "command"; readonly author: Author; readonly command: Command | CommandError }
  | { readonly type: "stop"; readonly author: Author };

/** Where it is asked who wrote a message, and what is remembered. */
export interface Sources {
  readonly authors: Authors;
  readonly core: Pick<BotCore, "isNews">;
}

/** Reads a message that is for the bot: who wrote it, its words, and what it is about. */
export async function readMessage(message: Message, place: Place, { authors, core }: Sources): Promise<ReadMessage> {
  const text = questionText(message);
  const isOverheard = !callsBot(message);
  const author = authors.of(message.author, message.member);
  if (isStopWord(text)) return { type: "stop", author: await author };
  if (isSlashCommand(text))
    return { type: "command", author: await author, command: parseCommand(text, DISCORD_WORDS) };
  const isNew = async (atMs: number) => await core.isNews(place, atMs);
  const about = await surroundings(message, { text, isOverheard, isNew });
  return {
    type: "question",
    message: { place, author: await author, text, isOverheard, names: placeNames(message.channel), ...about },
  };
}

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
