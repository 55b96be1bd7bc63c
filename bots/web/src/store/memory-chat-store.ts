import { type ChatStore, MAX_CHATS } from "../rooms/chat-store.ts";
import type { Chat } from "../wire.ts";

/** People whose chats are kept; where there are more, those of the one silent longest go. */
const MAX_PEOPLE = 1_000;

/** Keeps the lists of chats in this process: gone when it ends. */
export function createMemoryChatStore(): ChatStore {
  const people = new Map<string, Map<string, Chat>>();
  const chatsOf = (personId: string) => people.get(personId) ?? new Map<string, Chat>();

  return {
    async list(personId) {
      return [...chatsOf(personId).values()].sort((one, other) => other.atMs - one.atMs);
    },
    async touch(personId, { id, title, atMs }) {
      const chats = chatsOf(personId);
      const known = chats.get(id);
      if (known === undefined && chats.size >= MAX_CHATS) return undefined;
      const chat = { id, title: known?.title || title, atMs };
      // Set again so that the map's order is the order of use.
      people.delete(personId);
      people.set(personId, chats.set(id, chat));
      const [oldest] = people.keys();
      if (people.size > MAX_PEOPLE) people.delete(oldest!);
      return chat;
    },
    async rename(personId, chatId, title) {
      const chats = chatsOf(personId);
      const chat = chats.get(chatId);
      if (chat !== undefined) chats.set(chatId, { ...chat, title });
      return chat !== undefined;
    },
    async remove(personId, chatId) {
      chatsOf(personId).delete(chatId);
    },
  };
}
