import type { SendableChannels } from "discord.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { showTyping } from "./typing.ts";

describe("showTyping", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const channel = (sendTyping: () => Promise<void>) => ({ sendTyping }) as unknown as SendableChannels;

  it("tells Discord at once and every 8 s, before its 10 s are over, until it is stopped", () => {
    const sendTyping = vi.fn(async () => {});
    const stop = showTyping(channel(sendTyping));
    expect(sendTyping).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(24_000);
    expect(sendTyping).toHaveBeenCalledTimes(4);
    stop();
    vi.advanceTimersByTime(60_000);
    expect(sendTyping).toHaveBeenCalledTimes(4);
  });

  it("ends by itself after ten minutes, and minds no failure", async () => {
    const sendTyping = vi.fn(async () => {
      throw new Error("Missing Permissions");
    });
    showTyping(channel(sendTyping));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(sendTyping.mock.calls.length).toBeLessThan(80);
  });
});
