import { describe, expect, it } from "vitest";
import { ConnectionLimit } from "./connection-limit.ts";

describe("ConnectionLimit", () => {
  it("lets a person have four windows, and another when one is closed", () => {
    const limit = new ConnectionLimit();
    const connections = ["a", "b", "c", "d"].map((id) => limit.take("ada", id));
    expect(limit.refusal("ada", "e")).toContain("You have 4 other windows open");
    expect(limit.refusal("ben", "e")).toBeUndefined();
    for (let count = 0; count < 2; count++) connections[0]!.close();
    expect(limit.refusal("ada", "e")).toBeUndefined();
    limit.take("ada", "e");
    expect(limit.refusal("ada", "f")).toContain("You have 4 other windows open");
  });

  it("ends the stream of a window that comes again, as by another network, and counts it once", () => {
    const limit = new ConnectionLimit();
    const dead = ["a", "b", "c", "d"].map((id) => limit.take("ada", id));
    for (let count = 0; count < 2; count++) {
      expect(limit.refusal("ada", "a")).toBeUndefined();
      dead.push(limit.take("ada", "a"));
    }
    expect(dead.map(({ signal }) => signal.aborted)).toEqual([true, false, false, false, true, false]);
    for (const index of [0, 4]) dead[index]!.close();
    expect(limit.refusal("ada", "e")).toContain("You have 4 other windows open");
  });

  it("has a bound on all windows together", () => {
    const limit = new ConnectionLimit();
    for (let count = 0; count < 1_000; count++) limit.take(`person-${count}`, "a");
    expect(limit.refusal("one-more", "a")).toContain("1,000 windows have this page open");
    limit.take("person-1", "a");
    limit.take("person-2", "a").close();
    expect(limit.refusal("one-more", "a")).toBeUndefined();
  });

  it("ends every stream when the server stops", () => {
    const limit = new ConnectionLimit();
    const connections = ["ada", "ben"].map((person) => limit.take(person, "a"));
    limit.closeAll();
    expect(connections.every(({ signal }) => signal.aborted)).toBe(true);
  });
});
