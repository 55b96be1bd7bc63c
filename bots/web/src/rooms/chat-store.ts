import type { Chat } from "../wire.ts";

/** Chats kept of a person: as many as one finds one's way in. */
export const MAX_CHATS = 200;

/**
 * Which chats people have with the bot, beside their timelines. Keys are the ids of people and of their chats' channels. One
 * contract suite runs on every implementation.
 */
export interface ChatStore {
  /** The one written in last first. */
  list(personId: string): Promise<readonly Chat[]>;
  /**
   * Notes that something was written in a chat, which adds one that is new; a title is taken where there is none yet. Gives the
   * chat as it is then; undefined for a new one past `MAX_CHATS`. Atomic.
   */
  touch(personId: string, chat: Chat): Promise<Chat | undefined>;
  /** Gives a chat its title and says whether it is there. Atomic. */
  rename(personId: string, chatId: string, title: string): Promise<boolean>;
  remove(personId: string, chatId: string): Promise<void>;
}
