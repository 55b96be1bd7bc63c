import type { SendableChannels } from "discord.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelPace } from "./channel-pace.ts";

describe("ChannelPace", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const createPace = () => new ChannelPace({} as SendableChannels);

  it("has room for four of the five edits that Discord takes in five seconds", async () => {
    const { edits } = createPace();
    for (let sent = 0; sent < 4; sent++) {
      expect(edits.hasRoomFor("words")).toBe(true);
      await edits.send(async () => {});
    }
    expect(edits.hasRoomFor("words")).toBe(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(edits.hasRoomFor("words")).toBe(true);
  });

  it("has none while last texts wait for Discord, however long ago they were sent", async () => {
    const { edits } = createPace();
    for (let sent = 0; sent < 4; sent++) void edits.send(() => new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(edits.hasRoomFor("words")).toBe(false);
  });

  it("counts new messages and edits apart, as Discord does", async () => {
    const { edits, creates } = createPace();
    for (let sent = 0; sent < 4; sent++) await edits.send(async () => {});
    expect(creates.hasRoomFor("words")).toBe(true);
  });

  it("leaves half of its room to words where nothing but a wait is to be told", async () => {
    const { creates } = createPace();
    for (let sent = 0; sent < 2; sent++) {
      expect(creates.hasRoomFor("notice")).toBe(true);
      await creates.send(async () => {});
    }
    expect(creates.hasRoomFor("notice")).toBe(false);
    expect(creates.hasRoomFor("words")).toBe(true);
  });
});
