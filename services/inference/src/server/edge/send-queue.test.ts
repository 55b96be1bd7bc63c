import { afterEach, describe, expect, it, vi } from "vitest";
import { CallCancelledError } from "./error-status.ts";
import { SendQueue } from "./send-queue.ts";

afterEach(() => void vi.useRealTimers());

describe("SendQueue", () => {
  it("sends in order what a slow reader has not taken yet", async () => {
    const sent: number[] = [];
    const queue = new SendQueue<number>((message) => {
      sent.push(message);
      return message % 2 === 0 ? new Promise(setImmediate) : undefined;
    });
    for (const message of [1, 2, 3, 4, 5]) queue.put(message);
    expect(sent).toEqual([1, 2]);
    await queue.flushed();
    queue.put(6);
    await queue.flushed();
    expect(sent).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("tells of a message that could not be sent, and takes no more", async () => {
    const queue = new SendQueue<number>(() => Promise.reject(new Error("hung up")));
    queue.put(1);
    queue.put(2);
    await expect(queue.flushed()).rejects.toThrow("hung up");
    expect(() => queue.put(3)).toThrow("hung up");
  });

  it("holds what is whole for a minute, however steadily it is read", async () => {
    vi.useFakeTimers();
    const sent: number[] = [];
    const queue = new SendQueue<number>((message) => {
      sent.push(message);
      return new Promise((resolve) => setTimeout(resolve, 25_000));
    });
    for (const message of [1, 2, 3, 4, 5]) queue.put(message);
    const flushed = expect(queue.flushed()).rejects.toThrow(
      new CallCancelledError("the caller took over 60 s to read its reply"),
    );
    await vi.advanceTimersByTimeAsync(59_999);
    expect(() => queue.put(6)).not.toThrow();
    await vi.advanceTimersByTimeAsync(1);
    await flushed;
    await vi.runAllTimersAsync();
    expect(sent).toEqual([1, 2, 3]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
