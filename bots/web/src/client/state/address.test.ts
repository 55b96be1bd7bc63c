import { describe, expect, it } from "vitest";
import { channelInAddress, fragmentOf } from "./address.ts";

const DIRECT = "dm:ada";

describe("channelInAddress", () => {
  it.each([
    ["#general", "general"],
    ["#@cria", DIRECT],
    ["#%40cria", DIRECT],
    ["#@cria/0123abcd", `${DIRECT}:0123abcd`],
    ["#@cria/../x", undefined],
    ["#caf%C3%A9", "café"],
    ["", undefined],
    ["#", undefined],
    ["#%", undefined],
    ["#%ff", undefined],
  ])("reads %j as %j", (fragment, channelId) => {
    expect(channelInAddress(fragment, DIRECT)).toBe(channelId);
  });

  it.each(["general", DIRECT, `${DIRECT}:0123abcd`])("reads what is written for %j", (channelId) => {
    expect(channelInAddress(fragmentOf(channelId, DIRECT), DIRECT)).toBe(channelId);
  });
});
