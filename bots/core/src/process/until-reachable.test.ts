import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RefusedError, untilReachable } from "./until-reachable.ts";

const logger = pino({ level: "silent" });

describe("untilReachable", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const never = new AbortController().signal;

  it("tries ever less often until the platform answers", async () => {
    const triedMs: number[] = [];
    const startMs = Date.now();
    const attempt = async () => {
      triedMs.push(Date.now() - startMs);
      if (triedMs.length < 9) throw new Error("no network");
      return "connected";
    };
    const trying = untilReachable(attempt, { signal: never, logger });
    await vi.runAllTimersAsync();
    expect(await trying).toBe("connected");
    expect(triedMs).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500, 61_500, 91_500]);
  });

  it("gives up at once where the platform refuses", async () => {
    const refused = new RefusedError("Discord does not take the token.");
    await expect(untilReachable(() => Promise.reject(refused), { signal: never, logger })).rejects.toBe(refused);
  });

  it("gives up with the signal's reason while it waits", async () => {
    const stopping = new AbortController();
    const trying = untilReachable(() => Promise.reject("odd"), { signal: stopping.signal, logger });
    const reason = new Error("stopped");
    stopping.abort(reason);
    await expect(trying).rejects.toBe(reason);
  });

  it("says nothing of an attempt that fails because it is to stop", async () => {
    const stopping = new AbortController();
    const lines: string[] = [];
    const attempt = async () => {
      stopping.abort();
      stopping.signal.throwIfAborted();
    };
    const heard = pino({}, { write: (line) => void lines.push(line) });
    await expect(untilReachable(attempt, { signal: stopping.signal, logger: heard })).rejects.toThrow("aborted");
    expect(lines).toEqual([]);
  });

  it("gives up an attempt that succeeds after it is to stop", async () => {
    const stopping = new AbortController();
    const attempt = async () => stopping.abort(new Error("stopped"));
    await expect(untilReachable(attempt, { signal: stopping.signal, logger })).rejects.toThrow("stopped");
  });
});
