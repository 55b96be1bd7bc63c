import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenStores } from "../testing/opened-stores.ts";
import { testEntry } from "../testing/test-entry.ts";
import type { Stores } from "./stores.ts";

/** What claims do, and what they have to do with the inbox. */
export function describeClaims(name: string, open: OpenStores): void {
  describe(name, () => {
    let first: Stores;
    let second: Stores;
    let close: () => Promise<void>;
    beforeAll(async () => {
      const opened = await open();
      [first, second] = opened.stores;
      close = opened.close;
    });
    afterAll(() => close());

    it("are one writer's, for a time", async () => {
      const { eventId } = testEntry();
      expect(await first.claims.claim("web:local", eventId)).toBe(true);
      expect(await second.claims.claim("web:local", eventId)).toBe(false);
      expect(await second.claims.claim("web:other", eventId)).toBe(true);
      expect(await first.claims.claim("web:local", "brief", 50)).toBe(true);
      await expect.poll(() => second.claims.claim("web:local", "brief", 50)).toBe(true);
    });

    it("have the ids of the inbox's events: whose event is claimed is no entry, nor the reverse", async () => {
      const [claimed, entry] = [testEntry(), testEntry()];
      expect(await first.claims.claim("web:local", claimed.eventId)).toBe(true);
      expect(await second.inbox.claim(claimed)).toBeUndefined();
      const delivery = await first.inbox.claim(entry);
      expect(await second.claims.claim("web:local", entry.eventId)).toBe(false);
      await delivery!.end();
      expect(await second.claims.claim("web:local", entry.eventId)).toBe(false);
    });
  });
}
