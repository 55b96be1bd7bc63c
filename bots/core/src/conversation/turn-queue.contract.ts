import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGate } from "../testing/gate.ts";
import type { OpenStores } from "../testing/opened-stores.ts";
import type { EnterOptions, QueuePlace, TurnQueue } from "./turn-queue.ts";

let numConversations = 0;
const conversation = () => `web:local:q${numConversations++}:{x}`;
let numIds = 0;
/** Each is later than the one before. */
const nextId = () => `1700000000000-${numIds++}`;

/** What every queue does. */
export function describeTurnQueue(name: string, open: OpenStores): void {
  describe(name, () => {
    let first: TurnQueue;
    let second: TurnQueue;
    let close: () => Promise<void>;
    beforeAll(async () => {
      const opened = await open();
      [first, second] = opened.stores.map(({ turns }) => turns) as [TurnQueue, TurnQueue];
      close = opened.close;
    });
    afterAll(() => close());
    const enter = (queue: TurnQueue, key: string, options: Partial<EnterOptions> = {}) =>
      queue.enter(key, { id: nextId(), replyId: `r${numIds++}`, ...options });
    /** Enters and waits for the turn. */
    const take = async (queue: TurnQueue, key: string): Promise<QueuePlace> => {
      const place = await enter(queue, key);
      await place.turn;
      return place;
    };
    /** Whether the turn has come by now. */
    const hasTurn = async ({ turn }: QueuePlace) =>
      await Promise.race([turn.then(() => true), new Promise<boolean>((resolve) => setTimeout(resolve, 30, false))]);

    it("gives a conversation to one at a time, in the order of the ids, across processes", async () => {
      const key = conversation();
      const holder = await take(first, key);
      const ids = Array.from({ length: 6 }, nextId);
      const order: string[] = [];
      const runs = [];
      for (const index of [3, 0, 5, 1, 4, 2]) {
        const place = await enter(index % 2 ? first : second, key, { id: ids[index]! });
        runs.push(place.turn.then(() => order.push(ids[index]!)).then(() => place.leave()));
      }
      expect(order).toEqual([]);
      await holder.leave();
      await Promise.all(runs);
      expect(order).toEqual(ids);
    });

    it("lets nobody overtake who has the turn, however old the message", async () => {
      const key = conversation();
      const [oldest, old] = [nextId(), nextId()];
      const holder = await take(first, key);
      const later = await enter(second, key);
      const heard: number[] = [];
      const taken = await enter(second, key, { id: oldest, onWaiting: (ahead) => void heard.push(ahead) });
      const other = await enter(first, key, { id: old, onWaiting: (ahead) => void heard.push(ahead) });
      expect(await hasTurn(taken)).toBe(false);
      expect(heard).toEqual([1, 2]);
      await holder.leave();
      await taken.turn;
      expect(await hasTurn(other)).toBe(false);
      await taken.leave();
      await other.turn;
      await other.leave();
      await later.turn;
      await later.leave();
    });

    it("keeps the places of two apart whose entries have the same id", async () => {
      const key = conversation();
      const id = nextId();
      const [one, other] = [await enter(first, key, { id }), await enter(second, key, { id })];
      await one.turn;
      expect(await hasTurn(other)).toBe(false);
      const later = await enter(first, key);
      await one.leave();
      await other.turn;
      expect(await hasTurn(later)).toBe(false);
      await other.leave();
      await later.turn;
      await later.leave();
    });

    it("lets different conversations go side by side", async () => {
      const places = [await take(first, conversation()), await take(second, conversation())];
      await Promise.all(places.map((place) => place.leave()));
    });

    it("says how many are ahead, and again when that changes", async () => {
      const key = conversation();
      const holder = await take(first, key);
      const impatient = await enter(first, key);
      const heard: number[] = [];
      const isNext = createGate();
      const onWaiting = (ahead: number) => {
        heard.push(ahead);
        if (ahead === 1) isNext.open();
      };
      const waiting = await enter(second, key, { onWaiting });
      expect(heard).toEqual([2]);
      await impatient.leave();
      await isNext.opened;
      await holder.leave();
      await waiting.turn;
      await waiting.leave();
      expect(heard).toEqual([2, 1]);
    });

    it("gives the turn on once, however often it is left", async () => {
      const key = conversation();
      const holder = await take(first, key);
      await holder.leave();
      const next = await take(second, key);
      await holder.leave();
      const third = await enter(first, key);
      expect(await hasTurn(third)).toBe(false);
      await next.leave();
      await third.turn;
      await third.leave();
    });

    it("wakes the next of many at once when one leaves", async () => {
      const key = conversation();
      const places = [];
      for (let number = 0; number < 20; number++) places.push(await enter(number % 2 ? first : second, key));
      const startMs = performance.now();
      for (const place of places) {
        await place.turn;
        await place.leave();
      }
      expect(performance.now() - startMs).toBeLessThan(2_000);
    });

    it("refuses more waiters than it has room for", async () => {
      const key = conversation();
      const holder = await take(first, key);
      const waiters = [];
      for (let number = 0; number < 32; number++) waiters.push(await enter(first, key));
      await expect(enter(second, key)).rejects.toThrow(/32 messages already wait/);
      await Promise.all([...waiters, holder].map((place) => place.leave()));
      await (await take(second, key)).leave();
    });
  });
}
