import { type Author, type Command, type CommandError, type IncomingMessage, isStopWord } from "@cria/bot-core";
import { namesIn, type SlackContext } from "../context.ts";
import { plainText } from "../text/plain-text.ts";
import { ownText } from "../text/readable-text.ts";
import { surroundings } from "../text/surroundings.ts";
import { isOverheard } from "./for-bot.ts";
import { placeOf, type SlackMessageEvent } from "./message-event.ts";
import { spokenCommand } from "./spoken-command.ts";

/** What a message asks for. */
export type ReadMessage =
  | { readonly type: "question"; readonly message: IncomingMessage }
  | { readonly type: "command"; readonly author: Author; readonly command: Command | CommandError }
  /** Of what is being answered there: in its thread, or in all of the channel. */
  | { readonly type: "stop"; readonly author: Author };

/** Reads a message that is for the bot: names, commands, and what it is about. Never rejects. */
export async function readMessage(context: SlackContext, event: SlackMessageEvent): Promise<ReadMessage> {
  const { people, botUserId } = context;
  const text = ownText(event);
  const [names, author] = await Promise.all([context.names.of([text]), people.author(event.user ?? "")]);
  const words = plainText(text, botUserId, names);
  // For workspaces where Slack shows no stop button.
  if (isStopWord(words)) return { type: "stop", author };
  const command = await spokenCommand(context, words);
  if (command) return { type: "command", author, command };
  const [about, placeNames] = await Promise.all([
    surroundings(context, event),
    namesIn(context, event.channel, event.channel_type),
  ]);
  const place = placeOf(event, context);
  const isHeard = isOverheard(context, event);
  return {
    type: "question",
    message: { place, author, text: words, isOverheard: isHeard, names: placeNames, ...about },
  };
}
