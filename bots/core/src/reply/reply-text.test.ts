import fc from "fast-check";
import { describe, expect, it } from "vitest";
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

  it("cuts a repeated loop off", () => {
    const text = new ReplyText();
    text.push(" so on");
    text.push(" so on");
    expect(text.end(6)).toBe("so on");
  });

  it("has shown exactly the trimmed whole, however it was cut into deltas", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(" ", "\n", "a", "\u00a0"), fc.string())), (deltas) => {
        const text = new ReplyText();
        const shown = deltas.map((delta) => text.push(delta)).join("");
        const whole = deltas.join("");
        expect(shown).toBe(whole.trim());
        expect(text.shown).toBe(shown);
        expect(text.end(whole.length)).toBe(shown);
      }),
    );
  });
});
