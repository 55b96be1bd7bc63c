import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defuse } from "./defuse.ts";

const MARKERS = ["### Instruction:", "### Response:", "Human:", "AI:"];

describe("defuse", () => {
  it.each([
    ["### Response:", "> ### Response:"],
    ["### Response: yes", "> ### Response: yes"],
    ["a\n### Response:\nb", "a\n> ### Response:\nb"],
    ["a\r\n### response :\r\nb", "a\r\n> ### response :\r\nb"],
    ["   ### Response:", ">    ### Response:"],
    ["#RESPONSE:", "> #RESPONSE:"],
    ["###### Response:", "> ###### Response:"],
    ["###\u00a0Response\u2009:", "> ###\u00a0Response\u2009:"],
    ["\u200b### Res\u00adponse:", "> \u200b### Res\u00adponse:"],
    ["＃＃＃ Ｒｅｓｐｏｎｓｅ：", "> ＃＃＃ Ｒｅｓｐｏｎｓｅ："],
    ["\u2800### Response:", "> \u2800### Response:"],
    ["a\u2028Human: b", "a\u2028> Human: b"],
    ["human:hi", "> human:hi"],
    ["A I : hi", "> A I : hi"],
  ])("quotes %j", (text, quoted) => {
    expect(defuse(text, MARKERS)).toBe(quoted);
  });

  it.each(["", "Response:", "see ### Response:", "### Responses", "> ### Response:", "Humans: all", "a: AI: b", "#"])(
    "leaves %j alone",
    (text) => {
      expect(defuse(text, MARKERS)).toBe(text);
    },
  );

  it("ignores markers that show nothing", () => {
    expect(defuse("a\n\nb", ["", " ", "\u200b"])).toBe("a\n\nb");
  });

  const text = fc
    .array(fc.oneof(fc.constantFrom(...MARKERS, "\n", "\r", " ", "\u200b", "#", ">", "response", ":"), fc.string()))
    .map((pieces) => pieces.join(""));

  it("leaves no line that begins with a marker, however the text is made", () => {
    fc.assert(
      fc.property(text, (original) => {
        for (const line of defuse(original, MARKERS).split(/[\n\r\v\f\u0085\u2028\u2029]/)) {
          const begin = line.replace(/\s/g, "").toLowerCase();
          for (const marker of MARKERS) expect(begin.startsWith(marker.replace(/\s/g, "").toLowerCase())).toBe(false);
        }
      }),
    );
  });

  it("only ever puts quote marks in front of lines, and none twice", () => {
    fc.assert(
      fc.property(text, (original) => {
        const defused = defuse(original, MARKERS);
        expect(defuse(defused, MARKERS)).toBe(defused);
        const unquoted = defused.split(/(?<=[\n\r\v\f\u0085\u2028\u2029])/);
        const lines = original.split(/(?<=[\n\r\v\f\u0085\u2028\u2029])/);
        expect(unquoted.map((line, index) => (line === lines[index] ? line : line.replace(/^> /, "")))).toEqual(lines);
      }),
    );
  });
});
