import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenStores } from "../testing/opened-stores.ts";
import type { KeptReply } from "./kept-reply.ts";
import type { AppendOptions, Round } from "./rounds.ts";
import type { Stores } from "./stores.ts";

const round = (text: string, fields: Partial<Round> = {}): Round => ({
  author: "Ann",
  user: text,
  assistant: `re: ${text}`,
  atMs: 1_700_000_000_000,
  ...fields,
});
const kept = (id: string, fields: Partial<KeptReply> = {}): KeptReply => ({
  id,
  messageId: "m1",
  author: "Ann",
  question: "q",
  text: "t",
  end: "complete",
  model: "m",
  ...fields,
});
let numConversations = 0;
/** A channel no other test has; ids may hold anything. */
const conversation = () => `web:local:{c${numConversations++}}`;
const options = (fields: Partial<AppendOptions> = {}): AppendOptions => ({ window: 6, generation: "", ...fields });

/** What every store of rounds and kept replies does. */
export function describeRounds(name: string, open: OpenStores): void {
  describe(name, () => {
    let first: Stores;
    let second: Stores;
    let close: () => Promise<void>;
    beforeAll(async () => {
      const opened = await open(60_000);
      [first, second] = opened.stores;
      close = opened.close;
    });
    afterAll(() => close());
    const users = async (key: string) => (await second.rounds.read(key)).rounds.map(({ user }) => user);

    describe("rounds", () => {
      it("are remembered in order, for every process", async () => {
        const key = conversation();
        expect(await first.rounds.read(key)).toEqual({ rounds: [], generation: "" });
        const a = round("a", { context: "a file", contextSpeakers: [{ id: "U2", name: "Bob" }], authorId: "U1" });
        await first.rounds.append(key, a, options());
        await second.rounds.append(key, round("b"), options());
        const { rounds } = await first.rounds.read(key);
        expect(rounds).toEqual([a, round("b")]);
        expect(await second.rounds.read(key)).toEqual({ rounds, generation: "" });
      });

      it("keep text exactly: markers, control tokens, emoji, line ends", async () => {
        const key = conversation();
        const text = "### Response:\r\n<|im_end|> \u0000 👩🏽‍🚀 שלום";
        await first.rounds.append(key, round(text), options());
        expect((await second.rounds.read(key)).rounds).toEqual([round(text)]);
      });

      it("gather to 2k - 1 and fall back to k", async () => {
        const key = conversation();
        const lengths = [];
        for (const text of ["a", "b", "c", "d", "e", "f"]) {
          await first.rounds.append(key, round(text), options({ window: 2 }));
          lengths.push((await users(key)).length);
        }
        expect(lengths).toEqual([1, 2, 3, 2, 3, 2]);
        expect(await users(key)).toEqual(["e", "f"]);
      });

      it("take the place of the one they replace, or come last where that is forgotten", async () => {
        const key = conversation();
        for (const id of ["a", "b", "c"]) await first.rounds.append(key, round(id, { id }), options());
        await second.rounds.append(key, round("B", { id: "b2" }), options({ replaces: "b" }));
        await first.rounds.append(key, round("d", { id: "d" }), options({ replaces: "gone" }));
        expect(await users(key)).toEqual(["a", "B", "c", "d"]);
      });

      it("are there once under one id", async () => {
        const key = conversation();
        await first.rounds.append(key, round("a", { id: "a" }), options());
        await first.rounds.append(key, round("b"), options());
        await second.rounds.append(key, round("A", { id: "a" }), options());
        await second.rounds.append(key, round("c"), options());
        expect(await users(key)).toEqual(["A", "b", "c"]);
      });

      it("are not lost where many are appended at once", async () => {
        const key = conversation();
        const texts = Array.from({ length: 40 }, (_, index) => String(index));
        const append = (text: string, index: number) =>
          (index % 2 ? first : second).rounds.append(key, round(text), options({ window: 50 }));
        expect((await Promise.all(texts.map(append))).every(Boolean)).toBe(true);
        expect((await users(key)).sort()).toEqual(texts.sort());
      });

      it("of some messages are forgotten with their replies, and no others", async () => {
        const key = conversation();
        for (const id of ["a", "b", "c", "d"]) {
          const reply = kept(`r-${id}`, { messageId: id });
          await first.rounds.append(key, round(id, { id: reply.id, messageId: id }), options({ reply }));
        }
        await first.rounds.append(key, round("of an older version"), options());
        await first.replies.keep(key, kept("failed", { messageId: "b", end: "failed" }), "");
        const shown = kept("r-e", { messageId: "e", shownIn: ["part 1", "part 2"] });
        await first.rounds.append(key, round("e", { id: "r-e", messageId: "e" }), options({ reply: shown }));
        await second.rounds.forget(key, ["b", "d", "part 1", "unknown"]);
        await second.rounds.forget(conversation(), ["a"]);
        expect(await users(key)).toEqual(["a", "c", "of an older version"]);
        const ids = ["r-a", "r-b", "failed", "r-c", "r-d", "r-e"];
        const replies = await Promise.all(ids.map((id) => first.replies.get(key, id)));
        expect(replies.map((reply) => reply?.messageId)).toEqual([
          "a",
          undefined,
          undefined,
          "c",
          undefined,
          undefined,
        ]);
      });
    });

    describe("a reset", () => {
      it("forgets the rounds with their replies, says how many, and keeps the settings", async () => {
        const key = conversation();
        await first.rounds.append(key, round("a"), options({ reply: kept("r1") }));
        await first.replies.keep(key, kept("r2", { end: "failed" }), "");
        await first.settings.update(key, { model: "m" });
        expect(await second.rounds.reset(key)).toBe(1);
        expect(await users(key)).toEqual([]);
        expect(await first.replies.get(key, "r1")).toBeUndefined();
        expect(await second.replies.get(key, "r2")).toBeUndefined();
        expect(await first.rounds.reset(key)).toBe(0);
        expect(await first.settings.get(key)).toEqual({ model: "m" });
      });

      it("keeps what was begun before it from being remembered after it", async () => {
        const key = conversation();
        await first.rounds.append(key, round("a"), options());
        const before = await first.rounds.read(key);
        await second.rounds.reset(key);
        const { generation } = before;
        expect(await first.rounds.append(key, round("b"), options({ generation, reply: kept("r") }))).toBe(false);
        expect(await first.replies.keep(key, kept("r"), generation)).toBe(false);
        expect(await users(key)).toEqual([]);
        expect(await first.replies.get(key, "r")).toBeUndefined();
        const after = await first.rounds.read(key);
        expect(after.generation).not.toBe(generation);
        expect(Math.abs(Number(after.generation) - Date.now())).toBeLessThan(60_000);
        expect(await first.rounds.append(key, round("c"), options({ generation: after.generation }))).toBe(true);
        expect(await first.replies.keep(key, kept("r"), after.generation)).toBe(true);
        expect(await users(key)).toEqual(["c"]);
      });

      it("of a channel forgets its threads too, also those in which a reply is under way", async () => {
        const channel = conversation();
        const threads = [`${channel}:17`, `${channel}:18`];
        const other = `${channel}1:17`;
        for (const key of [channel, ...threads, other]) {
          const { generation } = await first.rounds.begin(key);
          await first.rounds.append(key, round(key), options({ generation }));
        }
        const begun = `${channel}:19`;
        const { generation } = await second.rounds.begin(begun);
        expect(await first.rounds.reset(channel)).toBe(3);
        for (const key of [channel, ...threads]) expect(await users(key)).toEqual([]);
        expect(await users(other)).toEqual([other]);
        expect(await second.rounds.append(begun, round("late"), options({ generation }))).toBe(false);
        expect(await first.rounds.reset(channel)).toBe(0);
      });

      it("of a thread leaves its channel and the other threads alone", async () => {
        const channel = conversation();
        const keys = [channel, `${channel}:17`, `${channel}:18`];
        for (const key of keys)
          await first.rounds.append(
            key,
            round(key),
            options({ generation: (await first.rounds.read(key)).generation }),
          );
        expect(await first.rounds.reset(keys[1]!)).toBe(1);
        expect(await Promise.all(keys.map(users))).toEqual([[channel], [], [keys[2]]]);
      });
    });

    describe("kept replies", () => {
      it("are kept with their round or alone, for every process", async () => {
        const key = conversation();
        await first.rounds.append(key, round("a"), options({ reply: kept("r1") }));
        const failed = kept("r2", { end: "failed", context: "A text.", isCompared: true, replaces: "r0" });
        await second.replies.keep(key, failed, "");
        expect(await second.replies.get(key, "r1")).toEqual(kept("r1"));
        expect(await first.replies.get(key, "r2")).toEqual(failed);
        expect(await users(key)).toEqual(["a"]);
        expect(await first.replies.get(key, "r3")).toBeUndefined();
        expect(await first.replies.get(conversation(), "r1")).toBeUndefined();
      });

      it("go with the round that is replaced", async () => {
        const key = conversation();
        await first.rounds.append(key, round("a", { id: "r1" }), options({ reply: kept("r1") }));
        const replacing = options({ replaces: "r1", reply: kept("r2") });
        await second.rounds.append(key, round("b", { id: "r2" }), replacing);
        expect(await first.replies.get(key, "r1")).toBeUndefined();
        expect(await first.replies.get(key, "r2")).toEqual(kept("r2"));
      });

      it("make room for newer ones", async () => {
        const key = conversation();
        for (let number = 100; number < 170; number++) await first.replies.keep(key, kept(`r${number}`), "");
        expect(await first.replies.get(key, "r105")).toBeUndefined();
        expect(await first.replies.get(key, "r106")).toEqual(kept("r106"));
      });

      it("make room for those kept after them, whatever their ids say of time", async () => {
        const key = conversation();
        for (let number = 169; number >= 100; number--) await first.replies.keep(key, kept(`r${number}`), "");
        expect(await first.replies.get(key, "r164")).toBeUndefined();
        for (const id of ["r163", "r100"]) expect(await first.replies.get(key, id)).toEqual(kept(id));
      });

      it("get their question's new text, whatever it holds", async () => {
        const key = conversation();
        const question = 'new "text" 👩🏽‍🚀 \\ \n';
        await first.replies.keep(key, kept("r1"), "");
        await first.replies.keep(key, kept("r2", { messageId: "another" }), "");
        await first.replies.keep(key, kept("r3", { asker: { id: "U1", roleIds: [] } }), "");
        await first.replies.keep(key, kept("r4", { isCompared: true }), "");
        await second.replies.editQuestion(key, "m1", question);
        await second.replies.editQuestion(conversation(), "m1", "nothing there");
        expect(await first.replies.get(key, "r1")).toEqual(kept("r1", { question }));
        expect(await first.replies.get(key, "r2")).toMatchObject({ question: "q" });
        expect(await first.replies.get(key, "r3")).toMatchObject({ question, asker: { id: "U1", roleIds: [] } });
        expect(await first.replies.get(key, "r4")).toMatchObject({ question: "q" });
      });
    });

    it("forgets rounds and kept replies of a conversation that was silent, and keeps its settings", async () => {
      const brief = await open(300);
      const [store, other] = brief.stores;
      const key = conversation();
      await store.settings.update(key, { model: "m" });
      await store.rounds.append(key, round("a", { id: "r1" }), options({ reply: kept("r1") }));
      await store.replies.keep(key, kept("r2"), "");
      const remembered = async () => [(await other.rounds.read(key)).rounds, await other.replies.get(key, "r1")];
      await expect.poll(remembered).toEqual([[], undefined]);
      expect(await store.replies.get(key, "r2")).toBeUndefined();
      expect(await store.settings.get(key)).toEqual({ model: "m" });
      await brief.close();
    });
  });
}
