import { setMaxListeners } from "node:events";
import { beforeAll, describe, expect, it } from "vitest";
import { createGate } from "../testing/gate.ts";
import type { ConversationStore } from "./conversation-store.ts";

const never = new AbortController().signal;
let numConversations = 0;
const conversation = () => `web:local:turns${numConversations++}:{x}`;

/** The part of the contract about whose turn it is. */
export function describeTurns(stores: () => readonly [ConversationStore, ConversationStore]): void {
  describe("turns", () => {
    let first: ConversationStore;
    let second: ConversationStore;
    beforeAll(() => {
      [first, second] = stores();
    });

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
}
