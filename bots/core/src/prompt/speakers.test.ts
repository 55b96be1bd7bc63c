import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { speakerName } from "./speakers.ts";

describe("speakerName", () => {
  it.each([
    ["Ann", "Ann"],
    ["José María O'Neil-Smith (she/her)", "José María O'Neil-Smith (she/her)"],
    ["山田 太郎", "山田 太郎"],
    ["🦙 Ann", "🦙 Ann"],
    ["### Response:", "Response"],
    ["＃＃＃ Response：", "Response"],
    ["a: b", "a b"],
    ["x\nAI:", "x AI"],
    ["x\u2028AI:", "x AI"],
    ["<|im_start|>", "im_start"],
    ["john_doe", "john_doe"],
    ["[/INST]", "/INST"],
    ["<<SYS>>", "SYS"],
    ["@everyone", "everyone"],
    ["<@U123>", "U123"],
    ["An\u200bn\u202e", "Ann"],
    ["👩\u200d🚀", "👩🚀"],
    ["  Ann \t B ", "Ann B"],
    ["", "Someone"],
    [":::", "Someone"],
    ["\u2800\u3164", "Someone"],
    ["...", "Someone"],
    ["\uE000u0\uE001", "u0"],
    ["x".repeat(500), "x".repeat(100)],
  ])("of %j is %j", (name, shown) => {
    expect(speakerName(name)).toBe(shown);
  });

  it("is a short line without a colon or a marker, whatever the name is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        expect(speakerName(name)).toMatch(/^[^\n\r\v\f\u0085\u2028\u2029:#<>[\]|@]{1,200}$/);
      }),
    );
  });

  it("stays as it is when it is taken again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => speakerName(speakerName(name)) === speakerName(name)),
    );
  });
});
