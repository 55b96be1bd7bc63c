import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RequestGate } from "./request-gate.ts";

const never = () => new AbortController().signal;

/** A request that runs until its signal aborts. */
function endless(gate: RequestGate, caller = never()) {
  return gate.run(
    caller,
    (signal) =>
      new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
  );
}

describe("RequestGate", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("hands the caller's abort on to the request", async () => {
    const caller = new AbortController();
    const request = endless(new RequestGate(), caller.signal);
    caller.abort(new Error("gone"));
    await expect(request).rejects.toThrow("gone");
  });

  it("refuses requests while it drains", async () => {
    const gate = new RequestGate();
    await gate.drain(0);
    await expect(gate.run(never(), async () => "reply")).rejects.toMatchObject({ code: "DRAINING" });
  });

  it("waits for the running requests", async () => {
    const gate = new RequestGate();
    let reply: (text: string) => void = () => {};
    const running = gate.run(
      never(),
      () =>
        new Promise<string>((resolve) => {
          reply = resolve;
        }),
    );
    const drained = gate.drain(60_000);
    reply("reply");
    await expect(drained).resolves.toBe(0);
    await expect(running).resolves.toBe("reply");
  });

  it("answers a drain once what it ended has let go", async () => {
    const gate = new RequestGate();
    let isOver = false;
    const request = gate.run(never(), async (signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      await new Promise((resolve) => setTimeout(resolve, 10));
      isOver = true;
    });
    const drained = gate.drain(0).then((ended) => ({ ended, isOver }));
    await vi.advanceTimersByTimeAsync(10);
    expect(await drained).toEqual({ ended: 1, isOver: true });
    await request;
  });

  it("waits no longer than a moment for what does not end", async () => {
    const gate = new RequestGate();
    void gate.run(never(), () => new Promise(() => {}));
    const drained = gate.drain(0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await drained).toBe(1);
  });

  it("ends what runs when the time is over, and tells how many", async () => {
    const gate = new RequestGate();
    const requests = [endless(gate), endless(gate)];
    const ended = Promise.allSettled(requests);
    const drained = gate.drain(5000);
    await vi.advanceTimersByTimeAsync(5000);
    await expect(drained).resolves.toBe(2);
    expect(await ended).toEqual(
      Array(2).fill({
        status: "rejected",
        reason: expect.objectContaining({
          code: "DRAINING",
          message: expect.stringContaining("ended what was still running"),
        }),
      }),
    );
  });
});
