import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelSettings } from "./channel-settings.ts";

describe("ChannelSettings", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const place = { platform: "discord", workspaceId: "g", channelId: "c", isDirect: false };

  it("reads what is set at a place once in half a minute, however many messages come", async () => {
    const read = vi.fn(async () => ({ answersAll: true }));
    const settings = new ChannelSettings(read);
    for (let message = 0; message < 50; message++) expect(await settings.at(place)).toEqual({ answersAll: true });
    expect(read).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(30_000);
    await settings.at(place);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it("reads it anew once something was set, and after a failure", async () => {
    let isAway = true;
    const read = vi.fn(async () => {
      if (isAway) throw new Error("away");
      return { opensThreads: true };
    });
    const settings = new ChannelSettings(read);
    expect(await settings.at(place)).toEqual({});
    isAway = false;
    expect(await settings.at(place)).toEqual({ opensThreads: true });
    settings.forget();
    await settings.at(place);
    expect(read).toHaveBeenCalledTimes(3);
  });
});
