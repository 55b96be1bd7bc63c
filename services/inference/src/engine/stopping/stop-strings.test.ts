import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StopStrings } from "./stop-strings.ts";

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Sends pieces in turn; what was sent of each, and what ended it. */
function send(stops: readonly string[], pieces: readonly string[]) {
  const strings = new StopStrings(stops);
  const sent: string[] = [];
  for (const piece of pieces) {
    const { text, matched } = strings.push(piece);
    sent.push(text);
    if (matched !== undefined) return { sent, matched };
  }
  sent.push(strings.release());
  return { sent, matched: undefined };
}

/** What must come of it, a character at a time and by search. */
function reference(stops: readonly string[], text: string) {
  for (let end = 1; end <= text.length; end++) {
    const found = stops.filter((stop) => text.slice(0, end).endsWith(stop)).sort((a, b) => b.length - a.length)[0];
    if (found !== undefined) return { text: text.slice(0, end - found.length), matched: found };
  }
  return { text, matched: undefined };
}

describe("StopStrings", () => {
  it("sends everything at once without stop strings", () => {
    expect(send([], ["Human", ":"]).sent).toEqual(["Human", ":", ""]);
    expect(send([""], ["a"]).sent).toEqual(["a", ""]);
  });

  it("finds a stop string across borders and sends none of it", () => {
    expect(send(["\nHuman:"], ["Fine.", "\n", "Hu", "man", ": and"])).toEqual({
      sent: ["Fine.", "", "", "", ""],
      matched: "\nHuman:",
    });
  });

  it("sends what it held once it cannot become a stop string", () => {
    expect(send(["###"], ["a#", "#b", "#"]).sent).toEqual(["a", "##b", "", "#"]);
  });

  it("holds a shorter end that could still begin one", () => {
    expect(send(["aab"], ["aa", "a", "b"])).toEqual({ sent: ["", "a", ""], matched: "aab" });
  });

  it("ends at the stop string completed first, and of those at the longest", () => {
    expect(send(["abcd", "bc"], ["abcd"])).toEqual({ sent: ["a"], matched: "bc" });
    expect(send(["b", "ab"], ["xab"])).toEqual({ sent: ["x"], matched: "ab" });
  });

  it("holds nothing back for an empty piece", () => {
    expect(send(["ab"], ["a", "", "c"]).sent).toEqual(["", "", "ac", ""]);
  });

  it("finds control tokens' text, which it never sends", () => {
    const strings = new StopStrings(["\n<|x|>", "<|y|>b"]);
    const pushed = [
      strings.push("a\n"),
      strings.pushHidden("<|y|>"),
      strings.push("c\n"),
      strings.pushHidden("<|y|>"),
      strings.pushHidden("<|x|>"),
      strings.push("\nd\n"),
      strings.pushHidden("<|x|>"),
    ];
    expect(pushed.map(({ text }) => text)).toEqual(["a", "\n", "c", "\n", "", "\nd", ""]);
    expect(pushed.at(-1)!.matched).toBe("\n<|x|>");
  });

  it("releases what it held without control tokens' text", () => {
    const strings = new StopStrings(["a<|y|>b<|y|>c"]);
    const held = [strings.push("a"), strings.pushHidden("<|y|>"), strings.push("b")];
    expect(held.map(({ text }) => text)).toEqual(["", "", ""]);
    expect(strings.release()).toBe("ab");
  });

  it("does the same wherever the borders fall", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "😀"), maxLength: 20 });
    const stop = fc.string({ unit: fc.constantFrom("a", "b", "😀"), minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(stop, { maxLength: 4 }), fc.array(text, { maxLength: 8 }), (stops, pieces) => {
        const { sent, matched } = send(stops, pieces);
        expect({ text: sent.join(""), matched }).toEqual(reference(stops, pieces.join("")));
        for (const piece of sent) expect(piece).not.toMatch(LONE_SURROGATE);
      }),
      { numRuns: 500 },
    );
  });
});
