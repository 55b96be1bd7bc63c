import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { stopSignal } from "./stop-signal.ts";

describe("stopSignal", () => {
  it.each(["SIGTERM", "SIGINT"])("tells of %s, and leaves what comes after to Node", async (signal) => {
    const process = new EventEmitter();
    const stopped = stopSignal(process);
    process.emit(signal, signal);
    expect(await stopped).toBe(signal);
    expect(process.eventNames()).toEqual([]);
  });
});
