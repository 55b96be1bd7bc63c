import { expect, it } from "vitest";
import { describeTimelineStore } from "../timeline/timeline-store.contract.ts";
import { createMemoryTimelineStore, MAX_TIMELINES } from "./memory-timeline-store.ts";

describeTimelineStore("createMemoryTimelineStore", async () => createMemoryTimelineStore());

it("createMemoryTimelineStore forgets the timeline that was silent longest when there are too many", async () => {
  const store = createMemoryTimelineStore();
  const message = { id: "m", atMs: 1, author: { id: "U1", name: "Ada" }, text: "Hello" };
  for (let number = 0; number < MAX_TIMELINES; number++) await store.put(`dm:${number}`, message);
  await store.put("dm:0", message);
  await store.put("dm:new", message);
  expect(await store.messages("dm:0")).toEqual([message]);
  expect(await store.messages("dm:1")).toEqual([]);
  expect(await store.messages("dm:new")).toEqual([message]);
});
