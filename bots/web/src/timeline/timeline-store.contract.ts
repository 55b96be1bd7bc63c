import { beforeEach, describe, expect, it } from "vitest";
import type { KeptMessage } from "./kept-message.ts";
import { TIMELINE_CAPACITY, type TimelineStore } from "./timeline-store.ts";

/** What every timeline store does. `create` gives an empty one. */
export function describeTimelineStore(name: string, create: () => Promise<TimelineStore>): void {
  describe(name, () => {
    let store: TimelineStore;
    beforeEach(async () => {
      store = await create();
    });

    it("gives the messages of a channel, oldest first", async () => {
      await store.put("general", messageAt(1));
      await store.put("general", messageAt(2));
      await store.put("random", messageAt(3));
      expect(await store.messages("general")).toEqual([messageAt(1), messageAt(2)]);
      expect(await store.messages("nowhere")).toEqual([]);
    });

    it("replaces a message in its place", async () => {
      await store.put("general", messageAt(1));
      await store.put("general", messageAt(2));
      const changed: KeptMessage = { ...messageAt(1), text: "more", state: { type: "ended", end: "complete" } };
      await store.put("general", changed);
      expect(await store.messages("general")).toEqual([changed, messageAt(2)]);
    });

    it("keeps the newest messages only", async () => {
      for (let atMs = 1; atMs <= TIMELINE_CAPACITY + 3; atMs++) await store.put("general", messageAt(atMs));
      const kept = await store.messages("general");
      expect(kept).toHaveLength(TIMELINE_CAPACITY);
      expect(kept[0]).toEqual(messageAt(4));
      expect(kept.at(-1)).toEqual(messageAt(TIMELINE_CAPACITY + 3));
    });

    it("forgets one message", async () => {
      for (const atMs of [1, 2]) await store.put("general", messageAt(atMs));
      for (const id of ["message-1", "message-9"]) await store.remove("general", id);
      await store.remove("nowhere", "message-1");
      expect(await store.messages("general")).toEqual([messageAt(2)]);
    });

    it("forgets the messages of a channel, and of no other", async () => {
      for (const channel of ["general", "random"]) await store.put(channel, messageAt(1));
      await store.forget("general");
      await store.forget("nowhere");
      expect(await store.messages("general")).toEqual([]);
      expect(await store.messages("random")).toEqual([messageAt(1)]);
    });

    it("tells when the newest message of each channel was written", async () => {
      for (const atMs of [3, 5]) await store.put("general", messageAt(atMs));
      await store.put("random", messageAt(4));
      await store.put("barn", messageAt(6));
      expect(await store.newest(["general", "random", "nowhere"])).toEqual({ general: 5, random: 4 });
      expect(await store.newest([])).toEqual({});
    });

    it("keeps any text and any channel name", async () => {
      const message = { ...messageAt(1), text: "a\u0000b\n{x} 🦙 \ud83d" };
      await store.put("dm:{x}:y", message);
      expect((await store.messages("dm:{x}:y"))[0]?.text.slice(0, -1)).toBe(message.text.slice(0, -1));
    });

    it("keeps added channels in order, each once", async () => {
      for (const name of ["herd", "barn", "herd"]) await store.addChannel(name);
      expect(await store.channels()).toEqual(["herd", "barn"]);
    });

    it("keeps a channel once that is added many times at once", async () => {
      await Promise.all(Array.from({ length: 20 }, () => store.addChannel("herd")));
      expect(await store.channels()).toEqual(["herd"]);
    });
  });
}

function messageAt(atMs: number): KeptMessage {
  return { id: `message-${atMs}`, atMs, author: { id: "ada", name: "Ada" }, text: `text ${atMs}` };
}
