import type { Channel } from "discord.js";
import { describe, expect, it } from "vitest";
import { isReadableIn, messageLinks } from "./message-links.ts";

describe("messageLinks", () => {
  it("finds the links of all of Discord's addresses", () => {
    const text =
      "see https://discord.com/channels/1/2/3, https://ptb.discord.com/channels/@me/4/5 https://discordapp.com/channels/6/7/8";
    expect(messageLinks(text)).toEqual([
      { channelId: "2", messageId: "3" },
      { channelId: "4", messageId: "5" },
      { channelId: "7", messageId: "8" },
    ]);
  });

  it("finds none in other addresses", () => {
    expect(messageLinks("https://discord.com/channels/1/2 https://example.com/channels/1/2/3")).toEqual([]);
  });
});

describe("isReadableIn", () => {
  const thread = { id: "2", parentId: "1", isThread: () => true } as unknown as Channel;
  const channel = { id: "1", isThread: () => false } as unknown as Channel;

  it("is true of the same channel, and of the one that a thread hangs in", () => {
    expect(isReadableIn(thread, { channelId: "2", messageId: "9" })).toBe(true);
    expect(isReadableIn(thread, { channelId: "1", messageId: "9" })).toBe(true);
    expect(isReadableIn(channel, { channelId: "2", messageId: "9" })).toBe(false);
  });
});
