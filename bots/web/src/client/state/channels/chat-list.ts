import { signal } from "@preact/signals";
import type { Chat } from "../../../wire.ts";

/** What a chat is called in which only commands were given. */
export const UNTITLED = "No question yet";

/** One's chats with the bot, the one written in last first. */
export class ChatList {
  readonly all = signal<readonly Chat[]>([]);

  /** Adds a chat, or takes over what changed. */
  put(chat: Chat): void {
    const others = this.all.value.filter(({ id }) => id !== chat.id);
    this.all.value = [chat, ...others].sort((one, other) => other.atMs - one.atMs);
  }

  remove(chatId: string): void {
    this.all.value = this.all.value.filter(({ id }) => id !== chatId);
  }

  has(chatId: string): boolean {
    return this.all.value.some(({ id }) => id === chatId);
  }

  titleOf(chatId: string): string {
    const chat = this.all.value.find(({ id }) => id === chatId);
    return chat === undefined ? "New chat" : chat.title || UNTITLED;
  }
}

/** The chats whose titles hold every word of a search, in any case. */
export function searchChats(chats: readonly Chat[], search: string): readonly Chat[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return chats.filter(({ title }) => {
    const searched = (title || UNTITLED).toLowerCase();
    return words.every((word) => searched.includes(word));
  });
}
