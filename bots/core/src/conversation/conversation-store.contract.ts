import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConversationStore } from "./conversation-store.ts";
import type { KeptReply } from "./kept-reply.ts";
import type { Round } from "./rounds.ts";
import type { ReplySignal } from "./signals.ts";
import { describeTurns } from "./turns.contract.ts";

const turn = (text: string): Round => ({
  author: "Ann",
  user: text,
  assistant: `re: ${text}`,
  atMs: 1_700_000_000_000,
});
const kept = (id: string): KeptReply => ({
  id,
  messageId: "m1",
  author: "Ann",
  question: "q",
  text: "t",
  end: "complete",
  model: "m",
});
let numConversations = 0;
/** A conversation no other test has; ids may hold anything. */
const conversation = () => `web:local:c${numConversations++}:{x}`;

interface OpenedStores {
  /** Two views on the same memory, as two processes have. */
  readonly stores: readonly [ConversationStore, ConversationStore];
  close(): Promise<void>;
}

/** What every store does that remembers for `turnsTtlMs`. */
export function describeConversationStore(name: string, open: (turnsTtlMs: number) => Promise<OpenedStores>): void {
  describe(name, () => {
    let first: ConversationStore;
    let second: ConversationStore;
    let close: () => Promise<void>;

    beforeAll(async () => {
      const opened = await open(60_000);
      [first, second] = opened.stores;
      close = opened.close;
    });
    afterAll(() => close());

    describe("rounds", () => {
      it("remembers rounds in order, for every process", async () => {
        const key = conversation();
        await first.appendRound(key, { ...turn("a"), context: "a file" }, 6);
        await second.appendRound(key, turn("b"), 6);
        expect(await first.rounds(key)).toEqual([{ ...turn("a"), context: "a file" }, turn("b")]);
        expect(await second.rounds(key)).toEqual(await first.rounds(key));
      });

      it("keeps text exactly: markers, control tokens, emoji, line ends", async () => {
        const key = conversation();
        const text = "### Response:\r\n<|im_end|> \u0000 👩🏽‍🚀 שלום";
        await first.appendRound(key, turn(text), 6);
        expect(await second.rounds(key)).toEqual([turn(text)]);
      });

      it("lets the window grow to 2k - 1 rounds and fall back to k", async () => {
        const key = conversation();
        const lengths = [];
        for (const text of ["a", "b", "c", "d", "e", "f"]) {
          await first.appendRound(key, turn(text), 2);
          lengths.push((await first.rounds(key)).length);
        }
        expect(lengths).toEqual([1, 2, 3, 2, 3, 2]);
        expect((await first.rounds(key)).map(({ user }) => user)).toEqual(["e", "f"]);
      });

      it("puts a round in the place of the one it replaces, or at the end where that is forgotten", async () => {
        const key = conversation();
        for (const id of ["a", "b", "c"]) await first.appendRound(key, { ...turn(id), id }, 6);
        await second.appendRound(key, { ...turn("B"), id: "b2" }, 6, { replaces: "b" });
        await first.appendRound(key, { ...turn("d"), id: "d" }, 6, { replaces: "gone" });
        expect((await first.rounds(key)).map(({ user }) => user)).toEqual(["a", "B", "c", "d"]);
      });

      it("loses none of many rounds appended at once", async () => {
        const key = conversation();
        const texts = Array.from({ length: 40 }, (_, index) => String(index));
        await Promise.all(texts.map((text, index) => (index % 2 ? first : second).appendRound(key, turn(text), 50)));
        const users = (await first.rounds(key)).map(({ user }) => user);
        expect(users.sort()).toEqual(texts.sort());
      });

      it("forgets the round and the replies of one message, and no others", async () => {
        const key = conversation();
        for (const id of ["a", "b", "c"]) {
          const reply = { ...kept(`r-${id}`), messageId: id };
          await first.appendRound(key, { ...turn(id), id: reply.id, messageId: id }, 6, { reply });
        }
        await first.appendRound(key, turn("of an older version"), 6);
        await first.keepReply(key, { ...kept("failed"), messageId: "b", end: "failed" });
        await second.forgetQuestion(key, "b");
        await second.forgetQuestion(key, "unknown");
        await second.forgetQuestion(conversation(), "a");
        expect((await first.rounds(key)).map(({ user }) => user)).toEqual(["a", "c", "of an older version"]);
        expect(await first.keptReply(key, "r-b")).toBeUndefined();
        expect(await first.keptReply(key, "failed")).toBeUndefined();
        expect(await first.keptReply(key, "r-c")).toMatchObject({ messageId: "c" });
      });

      it("has a round of the same id once", async () => {
        const key = conversation();
        await first.appendRound(key, { ...turn("a"), id: "a" }, 6);
        await first.appendRound(key, turn("b"), 6);
        await second.appendRound(key, { ...turn("A"), id: "a" }, 6);
        await second.appendRound(key, turn("c"), 6);
        expect((await first.rounds(key)).map(({ user }) => user)).toEqual(["A", "b", "c"]);
      });

      it("forgets the rounds with their replies, says how many, and keeps the settings", async () => {
        const key = conversation();
        await first.appendRound(key, turn("a"), 6, { reply: kept("r1") });
        await first.keepReply(key, { ...kept("r2"), end: "failed" });
        await first.updateSettings(key, { model: "m" });
        expect(await second.reset(key)).toBe(1);
        expect(await first.rounds(key)).toEqual([]);
        expect(await first.keptReply(key, "r1")).toBeUndefined();
        expect(await second.keptReply(key, "r2")).toBeUndefined();
        expect(await first.reset(key)).toBe(0);
        expect(await first.settings(key)).toEqual({ model: "m" });
      });
    });

    describe("kept replies", () => {
      it("are kept with their round or alone, for every process", async () => {
        const key = conversation();
        await first.appendRound(key, turn("a"), 6, { reply: kept("r1") });
        const failed: KeptReply = {
          ...kept("r2"),
          end: "failed",
          context: "A text.",
          isCompared: true,
          replaces: "r0",
        };
        await second.keepReply(key, failed);
        expect(await second.keptReply(key, "r1")).toEqual(kept("r1"));
        expect(await first.keptReply(key, "r2")).toEqual(failed);
        expect(await first.rounds(key)).toEqual([turn("a")]);
        expect(await first.keptReply(key, "r3")).toBeUndefined();
        expect(await first.keptReply(conversation(), "r1")).toBeUndefined();
      });

      it("go with the round that is replaced", async () => {
        const key = conversation();
        await first.appendRound(key, { ...turn("a"), id: "r1" }, 6, { reply: kept("r1") });
        await second.appendRound(key, { ...turn("b"), id: "r2" }, 6, { replaces: "r1", reply: kept("r2") });
        expect(await first.keptReply(key, "r1")).toBeUndefined();
        expect(await first.keptReply(key, "r2")).toEqual(kept("r2"));
      });

      it("make room for newer ones", async () => {
        const key = conversation();
        for (let number = 100; number < 170; number++) await first.keepReply(key, kept(`r${number}`));
        expect(await first.keptReply(key, "r105")).toBeUndefined();
        expect(await first.keptReply(key, "r106")).toEqual(kept("r106"));
      });

      it("get their question's new text, whatever it holds", async () => {
        const key = conversation();
        await first.keepReply(key, kept("r1"));
        await first.keepReply(key, { ...kept("r2"), messageId: "another" });
        await first.keepReply(key, { ...kept("r3"), asker: { id: "U1", roleIds: [] } });
        await first.keepReply(key, { ...kept("r4"), isCompared: true });
        await second.editQuestion(key, "m1", 'new "text" 👩🏽‍🚀 \\ \n');
        await second.editQuestion(conversation(), "m1", "nothing there");
        expect(await first.keptReply(key, "r1")).toEqual({ ...kept("r1"), question: 'new "text" 👩🏽‍🚀 \\ \n' });
        expect(await first.keptReply(key, "r2")).toMatchObject({ question: "q" });
        expect(await first.keptReply(key, "r4")).toMatchObject({ question: "q" });
        expect(await first.keptReply(key, "r3")).toMatchObject({
          question: 'new "text" 👩🏽‍🚀 \\ \n',
          asker: { id: "U1", roleIds: [] },
        });
      });
    });

    it("forgets rounds and kept replies of a conversation that was silent, and keeps its settings", async () => {
      const brief = await open(300);
      const [store, other] = brief.stores;
      const key = conversation();
      await store.updateSettings(key, { model: "m" });
      await store.appendRound(key, { ...turn("a"), id: "r1" }, 6, { reply: kept("r1") });
      await store.keepReply(key, kept("r2"));
      await expect
        .poll(async () => [await other.rounds(key), await other.keptReply(key, "r1")])
        .toEqual([[], undefined]);
      expect(await store.keptReply(key, "r2")).toBeUndefined();
      expect(await store.settings(key)).toEqual({ model: "m" });
      await brief.close();
    });

    describe("signals", () => {
      it("reach every process", async () => {
        const key = conversation();
        const heard: string[] = [];
        const listen = (name: string) => (signal: ReplySignal) => {
          if (signal.conversation === key) heard.push(`${name} ${signal.type}`);
        };
        first.onSignal(listen("first"));
        second.onSignal(listen("second"));
        // A subscription takes a moment to be there.
        await expect
          .poll(async () => {
            await first.signal({ type: "stop", conversation: key, replyId: "r" });
            return heard.includes("first stop") && heard.includes("second stop");
          })
          .toBe(true);
      });
    });

    describe("settings", () => {
      it("sets fields one by one and takes them back", async () => {
        const key = conversation();
        expect(await first.settings(key)).toEqual({});
        await first.updateSettings(key, { model: "m", window: 3 });
        await second.updateSettings(key, { system: "Be brief.", contextMode: "merged" });
        expect(await first.settings(key)).toEqual({
          model: "m",
          window: 3,
          system: "Be brief.",
          contextMode: "merged",
        });
        await first.updateSettings(key, { model: undefined, window: undefined });
        expect(await second.settings(key)).toEqual({ system: "Be brief.", contextMode: "merged" });
        await second.updateSettings(key, { feedback: false, system: undefined });
        expect(await first.settings(key)).toEqual({ feedback: false, contextMode: "merged" });
      });

      it("takes an update that changes nothing", async () => {
        const key = conversation();
        await first.updateSettings(key, {});
        expect(await first.settings(key)).toEqual({});
      });
    });

    describe("events", () => {
      it("gives an event to exactly one of many who claim it at once", async () => {
        const id = conversation();
        const claims = Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? first : second).claimEvent("web:local", id),
        );
        expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
      });

      it("gives an event that was given back to the next who claims it", async () => {
        const id = conversation();
        await first.claimEvent("web:local", id);
        await second.releaseEvent("web:local", id);
        expect(await second.claimEvent("web:local", id)).toBe(true);
        expect(await first.claimEvent("web:local", id)).toBe(false);
      });

      it("gives another event to another", async () => {
        expect(await first.claimEvent("web:local", conversation())).toBe(true);
        expect(await second.claimEvent("web:local", conversation())).toBe(true);
      });
    });

    describeTurns(() => [first, second]);
  });
}
