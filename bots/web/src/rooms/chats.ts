import type { Logger } from "pino";
import { WebError } from "../errors.ts";
import type { EventFeed } from "../feed/event-feed.ts";
import type { Chat } from "../wire.ts";
import { ownerOf } from "./channel-names.ts";
import { type ChatStore, MAX_CHATS } from "./chat-store.ts";
import { givenTitle } from "./chat-titles.ts";

export interface ChatsOptions {
  readonly store: ChatStore;
  readonly feed: EventFeed;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The lists of people's chats: each person's for that person alone. */
export class Chats {
  readonly #options: ChatsOptions;
  #notedAtMs = 0;

  constructor(options: ChatsOptions) {
    this.#options = options;
  }

  /** The one written in last first. */
  async list(personId: string): Promise<readonly Chat[]> {
    return await this.#options.store.list(personId);
  }

  /**
   * Notes that somebody writes in a chat, which lists one that is new; does nothing for channels. No two are of the same
   * millisecond, or their order would be left to the store. Throws a WebError where there is no room for the chat.
   */
  async note(chat: Omit<Chat, "atMs">): Promise<void> {
    const owner = ownerOf(chat.id);
    if (owner === undefined) return;
    this.#notedAtMs = Math.max(this.#notedAtMs + 1, this.#options.now());
    const noted = await this.#touch(owner, { ...chat, atMs: this.#notedAtMs });
    if (noted === "unknown") return;
    if (noted === undefined)
      throw new WebError("tooMany", `You have ${MAX_CHATS} chats, the most this page keeps. Delete one of them.`);
    this.#options.feed.publish({ type: "chat", chat: noted }, owner);
  }

  /** A list that cannot be kept holds nobody up; which title the chat has is not known then. */
  async #touch(owner: string, chat: Chat): Promise<Chat | undefined | "unknown"> {
    const { store, logger } = this.#options;
    return await store.touch(owner, chat).catch((error: unknown) => {
      logger.warn({ err: error, chatId: chat.id }, "a chat was not listed");
      return "unknown";
    });
  }

  async rename(personId: string, chatId: string, text: string): Promise<void> {
    const { store, feed } = this.#options;
    const title = givenTitle(text);
    const isThere = ownerOf(chatId) === personId && (await store.rename(personId, chatId, title));
    if (!isThere) throw new WebError("notFound", "This chat is no longer kept.");
    const chat = (await store.list(personId)).find(({ id }) => id === chatId);
    if (chat !== undefined) feed.publish({ type: "chat", chat }, personId);
  }

  async remove(personId: string, chatId: string): Promise<void> {
    await this.#options.store.remove(personId, chatId);
    this.#options.feed.publish({ type: "chatDeleted", chatId }, personId);
  }
}
