import { describe, expect, it } from "vitest";
import { channelInAddress } from "./address.ts";

describe("channelInAddress", () => {
  it.each([
    ["#general", "general"],
    ["#@cria", "@cria"],
    ["#%40cria", "@cria"],
    ["#caf%C3%A9", "café"],
    ["", ""],
    ["#", ""],
    ["#%", ""],
    ["#%ff", ""],
  ])("reads %j as %j", (fragment, name) => {
    expect(channelInAddress(fragment)).toBe(name);
  });
});
