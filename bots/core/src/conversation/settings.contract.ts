import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenStores } from "../testing/opened-stores.ts";
import type { SettingsStore } from "./settings.ts";

let numKeys = 0;
/** A key no other test has; ids may hold anything. */
const newKey = () => `web:local:s${numKeys++}:{x}`;

/** What every store of settings does. */
export function describeSettings(name: string, open: OpenStores): void {
  describe(name, () => {
    let first: SettingsStore;
    let second: SettingsStore;
    let close: () => Promise<void>;
    beforeAll(async () => {
      const opened = await open();
      [first, second] = opened.stores.map(({ settings }) => settings) as [SettingsStore, SettingsStore];
      close = opened.close;
    });
    afterAll(() => close());

    it("sets fields one by one and takes them back, for every process", async () => {
      const key = newKey();
      expect(await first.get(key)).toEqual({});
      await first.update(key, { model: "m", window: 3 });
      await second.update(key, { system: "Be brief.", contextMode: "merged" });
      expect(await first.get(key)).toEqual({ model: "m", window: 3, system: "Be brief.", contextMode: "merged" });
      await first.update(key, { model: undefined, window: undefined });
      expect(await second.get(key)).toEqual({ system: "Be brief.", contextMode: "merged" });
      await second.update(key, { feedback: false, showsNames: true, system: undefined });
      expect(await first.get(key)).toEqual({ feedback: false, showsNames: true, contextMode: "merged" });
    });

    it("takes an update that changes nothing", async () => {
      const key = newKey();
      await first.update(key, {});
      expect(await first.get(key)).toEqual({});
    });

    it("loses none of the fields that are set at once", async () => {
      const key = newKey();
      await Promise.all([first.update(key, { model: "m" }), second.update(key, { window: 4 })]);
      expect(await first.get(key)).toEqual({ model: "m", window: 4 });
    });
  });
}
