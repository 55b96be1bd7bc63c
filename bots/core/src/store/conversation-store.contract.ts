import { setMaxListeners } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KeptReply } from "../buttons/kept-reply.ts";
import type { ReplySignal } from "../buttons/reply-signal.ts";
import type { ConversationStore, Turn } from "../conversation-store.ts";
import { createGate } from "../testing/gate.ts";

const turn = (text: string): Turn => ({ author: "Ann", user: text, assistant: `re: ${text}`, atMs: 1_700_000_000_000 });
const kept = (id: string): KeptReply => ({
  id,
  messageId: "m1",
  author: "Ann",
  question: "q",
  text: "t",
  end: "complete",
  model: "m",
});
const never = new AbortController().signal;
let numConversations = 0;
/** A conversation no other test has; ids may hold anything. */
const conversation = () => `web:local:c${numConversations++}:{x}`;

/** What every store does. `open` gives two views on the same memory, as two processes have. */
export function describeConversationStore(
  name: string,
  open: () => Promise<{ readonly stores: readonly [ConversationStore, ConversationStore]; close(): Promise<void> }>,
): void {
  describe(name, () => {
    let first: ConversationStore;
    let second: ConversationStore;
    let close: () => Promise<void>;

    beforeAll(async () => {
      const opened = await open();
      [first, second] = opened.stores;
      close = opened.close;
    });
    afterAll(() => close());

    describe("rounds", () => {
      it("remembers rounds in order, for every process", async () => {
        const key = conversation();
        await first.appendTurn(key, { ...turn("a"), context: "a file" }, 6);
        await second.appendTurn(key, turn("b"), 6);
        expect(await first.turns(key)).toEqual([{ ...turn("a"), context: "a file" }, turn("b")]);
        expect(await second.turns(key)).toEqual(await first.turns(key));
      });

      it("keeps text exactly: markers, control tokens, emoji, line ends", async () => {
        const key = conversation();
        const text = "### Response:\r\n<|im_end|> \u0000 👩🏽‍🚀 שלום";
        await first.appendTurn(key, turn(text), 6);
        expect(await second.turns(key)).toEqual([turn(text)]);
      });

      it("lets the window grow to 2k - 1 rounds and fall back to k", async () => {
        const key = conversation();
        const lengths = [];
        for (const text of ["a", "b", "c", "d", "e", "f"]) {
          await first.appendTurn(key, turn(text), 2);
          lengths.push((await first.turns(key)).length);
        }
        expect(lengths).toEqual([1, 2, 3, 2, 3, 2]);
        expect((await first.turns(key)).map(({ user }) => user)).toEqual(["e", "f"]);
      });

      it("puts a round in the place of the one it replaces, or at the end where that is forgotten", async () => {
        const key = conversation();
        for (const id of ["a", "b", "c"]) await first.appendTurn(key, { ...turn(id), id }, 6);
        await second.appendTurn(key, { ...turn("B"), id: "b2" }, 6, { replaces: "b" });
        await first.appendTurn(key, { ...turn("d"), id: "d" }, 6, { replaces: "gone" });
        expect((await first.turns(key)).map(({ user }) => user)).toEqual(["a", "B", "c", "d"]);
      });

      it("loses none of many rounds appended at once", async () => {
        const key = conversation();
        const texts = Array.from({ length: 40 }, (_, index) => String(index));
        await Promise.all(texts.map((text, index) => (index % 2 ? first : second).appendTurn(key, turn(text), 50)));
        const users = (await first.turns(key)).map(({ user }) => user);
        expect(users.sort()).toEqual(texts.sort());
      });

      it("forgets the rounds, says how many, and keeps the settings", async () => {
        const key = conversation();
        await first.appendTurn(key, turn("a"), 6);
        await first.updateSettings(key, { model: "m" });
        expect(await second.reset(key)).toBe(1);
        expect(await first.turns(key)).toEqual([]);
        expect(await first.reset(key)).toBe(0);
        expect(await first.settings(key)).toEqual({ model: "m" });
      });
    });

    describe("kept replies", () => {
      it("are kept with their round or alone, for every process", async () => {
        const key = conversation();
        await first.appendTurn(key, turn("a"), 6, { reply: kept("r1") });
        const failed: KeptReply = { ...kept("r2"), end: "failed", context: "A text.", isCompared: true };
        await second.keepReply(key, failed);
        expect(await second.keptReply(key, "r1")).toEqual(kept("r1"));
        expect(await first.keptReply(key, "r2")).toEqual(failed);
        expect(await first.turns(key)).toEqual([turn("a")]);
        expect(await first.keptReply(key, "r3")).toBeUndefined();
        expect(await first.keptReply(conversation(), "r1")).toBeUndefined();
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
        await second.editQuestion(key, "m1", 'new "text" 👩🏽‍🚀 \\ \n');
        await second.editQuestion(conversation(), "m1", "nothing there");
        expect(await first.keptReply(key, "r1")).toEqual({ ...kept("r1"), question: 'new "text" 👩🏽‍🚀 \\ \n' });
        expect(await first.keptReply(key, "r2")).toMatchObject({ question: "q" });
      });
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

      it("gives another event to another", async () => {
        expect(await first.claimEvent("web:local", conversation())).toBe(true);
        expect(await second.claimEvent("web:local", conversation())).toBe(true);
      });
    });

    describe("turns", () => {
      it("gives a conversation to one at a time, in order of arrival, across processes", async () => {
        const key = conversation();
        const order: number[] = [];
        const leaveFirst = await first.takeTurn(key, { signal: never });
        const runs: Promise<void>[] = [];
        for (const number of [1, 2, 3, 4, 5]) {
          const arrived = createGate();
          const turn = (number % 2 ? second : first).takeTurn(key, { signal: never, onWaiting: arrived.open });
          const run = async () => {
            const leave = await turn;
            order.push(number);
            await leave();
          };
          runs.push(run());
          await arrived.opened;
        }
        expect(order).toEqual([]);
        await leaveFirst();
        await Promise.all(runs);
        expect(order).toEqual([1, 2, 3, 4, 5]);
      });

      it("lets different conversations go side by side", async () => {
        const leave = await first.takeTurn(conversation(), { signal: never });
        const leaveOther = await second.takeTurn(conversation(), { signal: never });
        await Promise.all([leave(), leaveOther()]);
      });

      it("says how many are ahead, and again when that changes", async () => {
        const key = conversation();
        const leave = await first.takeTurn(key, { signal: never });
        const gone = new AbortController();
        const isSecond = createGate();
        const impatient = first.takeTurn(key, { signal: gone.signal, onWaiting: isSecond.open });
        impatient.catch(() => undefined);
        await isSecond.opened;
        const heard: number[] = [];
        const isThird = createGate();
        const isNext = createGate();
        const waiting = second.takeTurn(key, {
          signal: never,
          onWaiting: (ahead) => {
            heard.push(ahead);
            if (ahead === 2) isThird.open();
            if (ahead === 1) isNext.open();
          },
        });
        await isThird.opened;
        gone.abort(new Error("left"));
        await expect(impatient).rejects.toThrow("left");
        await isNext.opened;
        await leave();
        await (await waiting)();
        expect(heard).toEqual([2, 1]);
      });

      it("refuses someone who has left before coming", async () => {
        const key = conversation();
        await expect(first.takeTurn(key, { signal: AbortSignal.abort(new Error("left")) })).rejects.toThrow("left");
        await (await first.takeTurn(key, { signal: never }))();
      });

      it("takes the turn back once, however often it is given", async () => {
        const key = conversation();
        const leave = await first.takeTurn(key, { signal: never });
        await leave();
        const leaveNext = await second.takeTurn(key, { signal: never });
        await leave();
        let isTaken = false;
        const isWaiting = createGate();
        const third = first.takeTurn(key, { signal: never, onWaiting: isWaiting.open });
        void third.then(() => {
          isTaken = true;
        });
        await isWaiting.opened;
        expect(isTaken).toBe(false);
        await leaveNext();
        await (await third)();
      });

      it("refuses more waiters than it has room for", async () => {
        const key = conversation();
        const gone = new AbortController();
        setMaxListeners(64, gone.signal);
        const leave = await first.takeTurn(key, { signal: never });
        const waiters = Array.from({ length: 32 }, () => first.takeTurn(key, { signal: gone.signal }));
        const settled = Promise.allSettled(waiters);
        await expect(first.takeTurn(key, { signal: gone.signal })).rejects.toThrow(/32 messages already wait/);
        gone.abort();
        expect((await settled).every(({ status }) => status === "rejected")).toBe(true);
        await leave();
      });
    });
  });
}
