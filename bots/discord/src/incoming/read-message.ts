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
import { questionText } from "../text/question-text.ts";
import { surroundings } from "../text/surroundings.ts";
import { DISCORD_WORDS } from "../words.ts";
import { callsBot } from "./attention.ts";
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
