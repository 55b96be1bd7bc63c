import { type Command, type CommandError, commandIn, isStopWord, mayBeCommand } from "@cria/bot-core";
import type { SlackContext } from "../context.ts";
import { plainText } from "../text/plain-text.ts";
import { ownText } from "../text/readable-text.ts";
import { SLACK_WORDS } from "../words.ts";
import { isForBotAtSight } from "./for-bot.ts";
import { isWritten, type SlackMessage } from "./message-event.ts";

type Listing = Pick<SlackContext, "listModels">;

/** The command that some words to the bot are; undefined for a question. */
export async function spokenCommand(context: Listing, words: string): Promise<Command | CommandError | undefined> {
  return commandIn(words, { models: await modelsFor(context, [words]), words: SLACK_WORDS });
}

/** Of a channel's messages those that are no command to the bot, nor the word that stops it. */
export async function withoutCommands(
  context: SlackContext,
  channel: string,
  messages: readonly SlackMessage[],
): Promise<readonly SlackMessage[]> {
  const said = messages.map((message) => {
    const isForBot = isWritten(message) && isForBotAtSight(context, { ...message, channel }) !== false;
    return { message, words: isForBot ? plainText(ownText(message), context.botUserId, IDS) : "" };
  });
  const models = await modelsFor(
    context,
    said.map(({ words }) => words),
  );
  const isCommand = (words: string) => isStopWord(words) || commandIn(words, { models, words: SLACK_WORDS });
  return said.filter(({ words }) => !isCommand(words)).map(({ message }) => message);
}

const asItIs = (id: string) => id;
/** A command names nobody. */
const IDS = { user: asItIs, channel: asItIs, group: asItIs };

/** None where the service cannot be reached: what names models is a question then, and its answer says so. */
async function modelsFor({ listModels }: Listing, texts: readonly string[]): Promise<readonly string[]> {
  if (!texts.some(mayBeCommand)) return [];
  const models = await listModels().catch(() => []);
  return models.map(({ name }) => name);
}
