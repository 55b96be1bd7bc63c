import { expect, it } from "vitest";
import type { OpenStores } from "../testing/opened-stores.ts";
import type { ReplySignal } from "./signals.ts";

/** What every way to tell one another does. */
export function describeSignals(name: string, open: OpenStores): void {
  it(`${name} reach every process once, one's own at once`, async () => {
    const { stores, close } = await open();
    const [first, second] = stores.map(({ signals }) => signals) as [
      (typeof stores)[0]["signals"],
      (typeof stores)[0]["signals"],
    ];
    const heard: string[] = [];
    const listen = (process: string) => (signal: ReplySignal) =>
      void heard.push(`${process} ${JSON.stringify(signal)}`);
    first.subscribe(listen("first"));
    second.subscribe(listen("second"));
    const signal: ReplySignal = {
      type: "edit",
      conversation: "web:local:c",
      messageId: "m",
      text: 'A "new"\ntext 👩🏽‍🚀',
    };
    // A subscription takes a moment to be there.
    await expect
      .poll(async () => {
        await first.publish(signal);
        return [...new Set(heard)].sort();
      })
      .toEqual([`first ${JSON.stringify(signal)}`, `second ${JSON.stringify(signal)}`]);
    // One Redis keeps their order, so what came twice would have come before the last one; the nodes of a cluster do not.
    const stop = (replyId: string): ReplySignal => ({ type: "stop", conversation: "web:local:c", replyId });
    const all = [stop("1"), stop("2"), stop("last")];
    for (const each of all) await second.publish(each);
    const told = first.publish(stop("end"));
    expect(heard.slice(-2)).toContain(`first ${JSON.stringify(stop("end"))}`);
    await told;
    const said = (process: string) => heard.filter((line) => line.startsWith(`${process} {"type":"stop"`)).sort();
    const once = (process: string) => [...all, stop("end")].map((each) => `${process} ${JSON.stringify(each)}`).sort();
    await expect.poll(() => [said("first"), said("second")]).toEqual([once("first"), once("second")]);
    await close();
  });
}
