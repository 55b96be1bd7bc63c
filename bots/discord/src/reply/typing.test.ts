import type { SendableChannels } from "discord.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelTyping } from "./typing.ts";

describe("ChannelTyping", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const typingBy = (sendTyping: () => Promise<void>) =>
    new ChannelTyping({ sendTyping } as unknown as SendableChannels);

  it("tells Discord at once and every 8 s, before its 10 s are over, until it is stopped", () => {
    const sendTyping = vi.fn(async () => {});
    const stop = typingBy(sendTyping).start();
    expect(sendTyping).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(24_000);
    expect(sendTyping).toHaveBeenCalledTimes(4);
    stop();
    vi.advanceTimersByTime(60_000);
    expect(sendTyping).toHaveBeenCalledTimes(4);
  });

  it("tells it once for all replies of a channel, as long as one of them waits", () => {
    const sendTyping = vi.fn(async () => {});
    const typing = typingBy(sendTyping);
    const stops = Array.from({ length: 12 }, () => typing.start());
    vi.advanceTimersByTime(8_000);
    expect(sendTyping).toHaveBeenCalledTimes(2);
    for (const stop of stops.slice(1)) stop();
    vi.advanceTimersByTime(8_000);
    expect(sendTyping).toHaveBeenCalledTimes(3);
    stops[0]?.();
    vi.advanceTimersByTime(60_000);
    expect(sendTyping).toHaveBeenCalledTimes(3);
  });

  it("ends by itself after ten minutes, and minds no failure", async () => {
    const sendTyping = vi.fn(async () => {
      throw new Error("Missing Permissions");
    });
    typingBy(sendTyping).start();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(sendTyping.mock.calls.length).toBeLessThan(80);
  });
});
