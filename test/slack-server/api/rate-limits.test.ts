import { expect, it } from "vitest";
import { RateLimits } from "./rate-limits.ts";

it("says how many seconds are left until a call may be made again", () => {
  let nowMs = 0;
  const limits = new RateLimits({ now: () => nowMs, schedule: () => () => undefined });
  const take = (method: string) => limits.take(method, "C1");
  for (let n = 0; n < 4; n++) expect(take("chat.postMessage")).toBeUndefined();
  expect(take("chat.postMessage")).toBe(4);
  for (let n = 0; n < 50; n++) expect(take("chat.update")).toBeUndefined();
  expect(take("chat.update")).toBe(60);
  nowMs = 59_500;
  expect(take("chat.update")).toBe(1);
  nowMs = 60_000;
  expect(take("chat.update")).toBeUndefined();
});
