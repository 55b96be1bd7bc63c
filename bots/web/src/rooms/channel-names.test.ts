import { describe, expect, it } from "vitest";
import { channelName, directChannelOf, isDirectChannel } from "./channel-names.ts";

describe("channelName", () => {
  it.each([
    ["herd", "herd"],
    ["  #Herd News ", "herd-news"],
    ["alpaka-grüße", "alpaka-grüße"],
    ["牧场", "牧场"],
    ["2026_plans", "2026_plans"],
  ])("writes %j as %j", (text, name) => {
    expect(channelName(text)).toBe(name);
  });

  it.each(["", "  ", "#", "-herd", "a/b", "<b>", "dm:ada", "a".repeat(33), "🦙"])("refuses %j", (text) => {
    expect(() => channelName(text)).toThrow(/channel name/);
  });
});

describe("directChannelOf", () => {
  it("gives a channel that no channel for all can be", () => {
    const id = directChannelOf("ada");
    expect(isDirectChannel(id)).toBe(true);
    expect(() => channelName(id)).toThrow();
  });
});
