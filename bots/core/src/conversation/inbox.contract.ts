import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenStores } from "../testing/opened-stores.ts";
import { testEntry } from "../testing/test-entry.ts";
import type { Inbox } from "./inbox.ts";
import { idScore } from "./turn-queue.ts";

/** What every inbox does. */
export function describeInbox(name: string, open: OpenStores): void {
  describe(name, () => {
    let first: Inbox;
    let second: Inbox;
    let close: () => Promise<void>;
    beforeAll(async () => {
      const opened = await open();
      [first, second] = opened.stores.map(({ inbox }) => inbox) as [Inbox, Inbox];
      close = opened.close;
    });
    afterAll(() => close());

    it("gives an event to exactly one of many who claim it at once", async () => {
      const entry = testEntry();
      const claims = Array.from({ length: 20 }, (_, index) => (index % 2 ? first : second).claim(entry));
      const deliveries = (await Promise.all(claims)).filter((delivery) => delivery !== undefined);
      expect(deliveries).toHaveLength(1);
      expect(deliveries[0]).toMatchObject({ entry, state: {}, count: 1 });
      expect(await deliveries[0]!.owns()).toBe("mine");
      await deliveries[0]!.end();
    });

    it("numbers entries in the order of their claims, by its own clock", async () => {
      const deliveries = [];
      for (let number = 0; number < 20; number++)
        deliveries.push((await (number % 2 ? first : second).claim(testEntry()))!);
      const scores = deliveries.map(({ id }) => idScore(id));
      expect(scores).toEqual([...new Set(scores)].sort((a, b) => a - b));
      for (const { id, ageMs } of deliveries)
        expect({ id, ageMs }).toEqual({ id: expect.stringMatching(/^\d{13}-\d+$/), ageMs: 0 });
      await Promise.all(deliveries.map((delivery) => delivery.end()));
    });

    it("gives an event that was answered to nobody again, and is no more this process's", async () => {
      const entry = testEntry();
      const delivery = (await first.claim(entry))!;
      delivery.keep({ isAdmitted: true });
      await delivery.end();
      await delivery.end();
      expect(await delivery.owns()).toBe("taken");
      expect(delivery.gone.aborted).toBe(false);
      expect(await second.claim(entry)).toBeUndefined();
    });

    it("lets a button be pressed again once its press has ended", async () => {
      const entry = testEntry({ kind: "press" });
      const delivery = (await first.claim(entry))!;
      expect(await second.claim(entry)).toBeUndefined();
      await delivery.end();
      const again = (await second.claim(entry))!;
      expect(again.entry.kind).toBe("press");
      await again.end();
    });

    it("gives the same event to each writer once", async () => {
      const { place } = testEntry();
      const [one, other] = ["slack:T1:U1", "slack:T1:U2"].map((writer) =>
        testEntry({ eventId: "Ev1", place: { ...place, writer } }),
      );
      const deliveries = [await first.claim(one!), await second.claim(other!), await second.claim(one!)];
      expect(deliveries.map((delivery) => delivery?.entry.place.writer)).toEqual([
        "slack:T1:U1",
        "slack:T1:U2",
        undefined,
      ]);
      await Promise.all(deliveries.map((delivery) => delivery?.end()));
    });

    it("takes over nothing that is being answered", async () => {
      const delivery = (await first.claim(testEntry()))!;
      const stop = second.takeOver({ writer: "web:local", serves: () => true, onDelivery: () => expect.fail() });
      expect(await delivery.owns()).toBe("mine");
      stop();
      await delivery.end();
    });
  });
}
