import { describe, expect, it } from "vitest";
import { busyTicks, ticksOfProcess } from "./machine-load.ts";

describe("machine load", () => {
  it("counts all cores' ticks but those idle or waiting for a disk", () => {
    expect(busyTicks("cpu  100 20 30 9000 500 4 5 6 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n")).toBe(165);
  });

  it("counts a process's ticks in user and kernel mode, whatever its name", () => {
    expect(ticksOfProcess("42 (a ) b) S 1 42 42 0 -1 4194304 10 0 0 0 700 33 9 9 20 0 11 0 5 1 1")).toBe(733);
  });
});
