import { beforeEach, describe, expect, it } from "vitest";
import { type ChatStore, MAX_CHATS } from "./chat-store.ts";

/** Chats are forgotten after a time; these are of now. */
const NOW = Date.now();

/** What every chat store does. `create` gives an empty one. */
export function describeChatStore(name: string, create: () => Promise<ChatStore>): void {
  describe(name, () => {
    let store: ChatStore;
    beforeEach(async () => {
      store = await create();
    });
    const chat = (number: number, title = `Title ${number}`) => ({ id: `dm:ada:${number}`, title, atMs: NOW + number });

    it("gives a person's chats, the one written in last first", async () => {
      for (const number of [1, 2, 3]) await store.touch("ada", chat(number));
      await store.touch("ben", { id: "dm:ben", title: "Ben's", atMs: NOW });
      expect(await store.touch("ada", { ...chat(1), atMs: NOW + 9 })).toEqual({ ...chat(1), atMs: NOW + 9 });
      expect((await store.list("ada")).map(({ title }) => title)).toEqual(["Title 1", "Title 3", "Title 2"]);
      expect(await store.list("eve")).toEqual([]);
    });

    it("takes the first title there is, and keeps it", async () => {
      expect(await store.touch("ada", chat(1, ""))).toEqual(chat(1, ""));
      expect(await store.touch("ada", chat(1, "What is a dog?"))).toEqual(chat(1, "What is a dog?"));
      expect(await store.touch("ada", chat(1, "And a cat?"))).toEqual(chat(1, "What is a dog?"));
      expect(await store.list("ada")).toEqual([chat(1, "What is a dog?")]);
    });

    it("gives a chat the title of its owner, whatever it had", async () => {
      await store.touch("ada", chat(1));
      expect(await store.rename("ada", chat(1).id, "{Animals} 🦙")).toBe(true);
      await store.touch("ada", chat(1));
      expect(await store.list("ada")).toEqual([chat(1, "{Animals} 🦙")]);
      expect(await store.rename("ada", "dm:ada:gone", "x")).toBe(false);
      expect(await store.list("ada")).toHaveLength(1);
    });

    it("removes a chat with its title", async () => {
      for (const number of [1, 2]) await store.touch("ada", chat(number));
      await store.remove("ada", chat(1).id);
      await store.remove("ada", "dm:ada:gone");
      expect(await store.list("ada")).toEqual([chat(2)]);
      expect(await store.touch("ada", chat(1, ""))).toEqual(chat(1, ""));
    });

    it("takes no new chat past its limit, and goes on with those there are", async () => {
      for (let number = 0; number < MAX_CHATS; number++) await store.touch("ada", chat(number));
      expect(await store.touch("ada", chat(MAX_CHATS))).toBeUndefined();
      expect(await store.touch("ada", chat(7))).toEqual(chat(7));
      await store.remove("ada", chat(7).id);
      expect(await store.touch("ada", chat(MAX_CHATS))).toEqual(chat(MAX_CHATS));
    });
  });
}
