import type { SendableChannels } from "discord.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelPace } from "./channel-pace.ts";

describe("ChannelPace", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("has room for four of the five requests that Discord takes in five seconds", async () => {
    const pace = new ChannelPace({} as SendableChannels);
    for (let sent = 0; sent < 4; sent++) {
      expect(pace.hasRoom).toBe(true);
      await pace.send(async () => {});
    }
    expect(pace.hasRoom).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(pace.hasRoom).toBe(true);
  });

  it("has none while last texts wait for Discord, however long ago they were sent", async () => {
    const pace = new ChannelPace({} as SendableChannels);
    for (let sent = 0; sent < 4; sent++) void pace.send(() => new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(pace.hasRoom).toBe(false);
  });
});
