import type { BotCore, Place, SaidCommand } from "@cria/bot-core";
import type { ChannelHead, Completion, ModelChoice } from "./wire.ts";

/** What the page needs of the bot: the platform port of bots/core, and what only a page shows. */
export interface Bot extends BotCore {
  /** The command a text that begins with `/` means, or what is wrong with it. */
  parseCommand(text: string): SaidCommand["command"];
  /** What the composer offers in a place for a text that begins with `/`. */
  completeCommand(text: string, place: Place): Promise<readonly Completion[]>;
  /** Rejects if the service cannot be reached. */
  models(): Promise<readonly ModelChoice[]>;
  /** Never rejects: what cannot be known is left out. */
  head(place: Place): Promise<ChannelHead>;
  /** Whether a reply's question can be answered again in its place: it is remembered, and was no comparison. */
  canAnswerAgain(place: Place, replyId: string): Promise<boolean>;
  /** Forgets the rounds and replies of a conversation, and what was set there. Rejects where the memory is away. */
  forget(place: Place): Promise<void>;
  /** Calls back with each change. Returns a function that stops watching. */
  watchHealth(onChange: (isServing: boolean) => void): () => void;
}
