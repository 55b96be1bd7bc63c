import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countWords, splitThoughts, ThoughtStream, thoughtBegun } from "./thoughts.ts";

const THINK = thoughtBegun("<think>");

/** Pushes a text in pieces of at most so many code units. */
function stream(text: string, size: number, opened = thoughtBegun("")) {
  const thoughts = new ThoughtStream(opened);
  const said: string[] = [];
  for (let at = 0; at < text.length; at += size) said.push(thoughts.push(text.slice(at, at + size)));
  return { said: said.join(""), thoughts };
}

describe("splitThoughts", () => {
  it.each([
    ["<think>\nTwo and two.\n</think>\n\nFour.", "\nTwo and two.\n", "Four."],
    ["\n<thinking>hm</thinking>Four.", "hm", "\nFour."],
    ["<Thought>hm</Thought> Four.", "hm", "Four."],
    ["<|begin_of_thought|>hm<|end_of_thought|>\nFour.", "hm", "Four."],
    ["[THINK]hm[/THINK]Four.", "hm", "Four."],
    ["◁think▷hm◁/think▷Four.", "hm", "Four."],
    ["Let me see. <think>hm</think> Four.", "hm", "Let me see. Four."],
    ["One.\n\n<think>a</think>\n\nTwo.\n\n<think>b</think>\n\nThree.", "a\nb", "One.\n\nTwo.\n\nThree."],
    ["<think></think>\n\nFour.", "", "Four."],
  ])("parts %j", (whole, thoughts, text) => {
    expect(splitThoughts(whole)).toEqual({ thoughts, text });
  });

  it("takes what stands before a closing tag alone for a thought", () => {
    expect(splitThoughts("Two and two.\n</think>\n\nFour.")).toEqual({ thoughts: "Two and two.\n", text: "Four." });
  });

  it("takes the beginning for a thought where the prompt began one", () => {
    expect(splitThoughts("Two, ```two.</think>\nFour.", THINK)).toEqual({ thoughts: "Two, ```two.", text: "Four." });
    expect(splitThoughts("Two and t", THINK)).toEqual({ thoughts: "Two and t", text: "" });
  });

  it("takes all for a thought that begins a line and never ends", () => {
    expect(splitThoughts("Well.\n<think>I won")).toEqual({ thoughts: "I won", text: "Well.\n" });
  });

  it.each([
    "```xml\n<think>hm</think>\n```\nis how R1 writes.",
    "It puts `<think>` first and `</think>` last.",
    "It puts <think> before its answer.",
    "<thinker>a</thinker> <thi",
    "[x] [THINK",
    "a < b, and 1 <think",
  ])("leaves %j as it is", (text) => {
    expect(splitThoughts(text)).toEqual({ thoughts: "", text });
  });

  it("ends a thought by its own tag alone", () => {
    expect(splitThoughts("<think>a [/THINK] </thinking> b</think>c").text).toBe("c");
  });

  it("leaves every text without a tag as it is", () => {
    const piece = fc.oneof(fc.constantFrom("<", "</", "think", ">", "`", "```\n", "[", "\n", " "), fc.string());
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join("");
        fc.pre(!/<\/?think>/i.test(text));
        expect(splitThoughts(text)).toEqual({ thoughts: "", text });
      }),
    );
  });
});

describe("ThoughtStream", () => {
  it("says nothing while the model thinks, and holds back what may become a tag", () => {
    const thoughts = new ThoughtStream();
    expect(["<th", "ink>h", "m</thin", "k>", "\n", "Fo", "ur <", "3"].map((delta) => thoughts.push(delta))).toEqual([
      "",
      "",
      "",
      "",
      "",
      "Fo",
      "ur ",
      "<3",
    ]);
    expect(thoughts.end()).toEqual({ thoughts: "hm", text: "Four <3" });
  });

  it("knows whether the model thinks", () => {
    const thoughts = new ThoughtStream(THINK);
    expect(thoughts.isThinking).toBe(true);
    thoughts.push("hm</think>");
    expect(thoughts.isThinking).toBe(false);
    thoughts.push("Four.\n<think>");
    expect(thoughts.isThinking).toBe(true);
  });

  it("takes back what was said before a closing tag alone", () => {
    const thoughts = new ThoughtStream();
    expect([thoughts.push("Hm."), thoughts.text, thoughts.push("</think>Four."), thoughts.text]).toEqual([
      "Hm.",
      "Hm.",
      "Four.",
      "Four.",
    ]);
  });

  it("parts a reply in the same way however it comes", () => {
    const tag = fc.constantFrom("<think>", "</think>", "[THINK]", "[/THINK]", "```\n", "`", "\n", " ", "<", "words");
    fc.assert(
      fc.property(fc.array(tag, { maxLength: 30 }), fc.integer({ min: 1, max: 9 }), (pieces, size) => {
        const text = pieces.join("");
        const { said, thoughts } = stream(text, size);
        expect(said.endsWith(thoughts.text)).toBe(true);
        expect(splitThoughts(text).text.startsWith(thoughts.text)).toBe(true);
        expect(thoughts.end()).toEqual(splitThoughts(text));
      }),
      { numRuns: 500 },
    );
  });
});

describe("thoughtBegun", () => {
  it.each([
    ["<|im_start|>assistant\n<think>\n", "</think>"],
    ["[THINK]", "[/THINK]"],
    ["<|im_start|>assistant\n<think>\n\n</think>\n\n", undefined],
    ["<think> is a tag", undefined],
    ["", undefined],
  ])("knows after %j", (promptEnd, closing) => {
    expect(thoughtBegun(promptEnd)?.closing).toBe(closing);
  });
});

describe("countWords", () => {
  it.each([
    ["Two and two, isn't it?", 5],
    ["", 0],
    ["二足す二は四です", 6],
  ])("counts %j", (text, words) => {
    expect(countWords(text)).toBe(words);
  });
});
