import { describe, expect, it } from "vitest";
import { ConnectionLimit } from "./connection-limit.ts";

describe("ConnectionLimit", () => {
  it("lets a person have four windows, and another when one is closed", () => {
    const limit = new ConnectionLimit();
    const closers = Array.from({ length: 4 }, () => limit.take("ada"));
    expect(limit.refusal("ada")).toContain("You have 4 other windows open");
    expect(limit.refusal("ben")).toBeUndefined();
    closers[0]!();
    expect(limit.refusal("ada")).toBeUndefined();
  });

  it("has a bound on all windows together", () => {
    const limit = new ConnectionLimit();
    for (let count = 0; count < 1_000; count++) limit.take(`person-${count}`);
    expect(limit.refusal("one-more")).toContain("Too many people");
  });
});
