import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { thoughtBegun } from "../text/thoughts.ts";
import { ReplyText } from "./reply-text.ts";

describe("ReplyText", () => {
  it("leaves blank space at the ends out and keeps it within", () => {
    const text = new ReplyText();
    expect([" \n", " One", " ", "two\n", "\n", "three", " \n"].map((delta) => text.push(delta))).toEqual([
      "",
      "One",
      "",
      " two",
      "",
      "\n\nthree",
      "",
    ]);
    expect(text.shown).toBe("One two\n\nthree");
  });

  it("leaves thoughts out, with the blank space around them", () => {
    const text = new ReplyText();
    expect(
      ["<think>\nTwo ", "and two", "</think>", "\n\n", "Four", "."].map((delta) => text.push(delta)).join("|"),
    ).toBe("||||Four|.");
    expect(text.shown).toBe("Four.");
    expect(text.end(100)).toEqual({ text: "Four.", rest: "", thoughtWords: 3 });
  });

  it("knows a thought that the prompt began", () => {
    const text = new ReplyText();
    text.clear(thoughtBegun("<think>\n"));
    expect([text.push("Hm."), text.isThinking, text.hasShown]).toEqual(["", true, false]);
    expect([text.push("</think>\nFour."), text.isThinking, text.hasShown]).toEqual(["Four.", false, true]);
    expect(text.end(100)).toEqual({ text: "Four.", rest: "", thoughtWords: 1 });
  });

  it("has shown what turns out to be a thought", () => {
    const text = new ReplyText();
    expect(["Hm", "</think>", "\n\nFour."].map((delta) => text.push(delta))).toEqual(["Hm", "", "\n\nFour."]);
    expect([text.hasShown, text.shown, text.end(100).text]).toEqual([true, "Four.", "Four."]);
  });

  it("shows at the end what might have become a thought", () => {
    const text = new ReplyText();
    expect([text.push("1 <"), text.push("t"), text.end(4).rest]).toEqual(["1", "", " <t"]);
  });

  it("cuts a repeated loop off", () => {
    const text = new ReplyText();
    text.push(" so on");
    text.push(" so on");
    expect(text.end(6).text).toBe("so on");
  });

  it("has shown exactly the trimmed whole, however it was cut into deltas", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(" ", "\n", "a", "\u00a0"), fc.string())), (deltas) => {
        const text = new ReplyText();
        const shown = deltas.map((delta) => text.push(delta)).join("");
        expect(text.shown).toBe(shown);
        const whole = deltas.join("");
        const end = text.end(whole.length);
        expect(end).toMatchObject({ text: whole.trim(), thoughtWords: 0 });
        expect(shown + end.rest).toBe(end.text);
      }),
    );
  });
});
