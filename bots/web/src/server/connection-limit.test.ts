import { describe, expect, it } from "vitest";
import { ConnectionLimit } from "./connection-limit.ts";

describe("ConnectionLimit", () => {
  it("lets a person have eight windows, and another when one is closed", () => {
    const limit = new ConnectionLimit();
    const closers = Array.from({ length: 8 }, () => limit.take("ada"));
    expect(() => limit.take("ada")).toThrow("You have 8 windows open");
    limit.take("ben");
    closers[0]!();
    limit.take("ada");
  });

  it("has a bound on all windows together", () => {
    const limit = new ConnectionLimit();
    for (let count = 0; count < 1_000; count++) limit.take(`person-${count}`);
    expect(() => limit.take("one-more")).toThrow("Too many people");
  });
});
