import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RepetitionGuard } from "./repetition-guard.ts";

/** UTF-16 units of a token, more or less. */
const PIECE = 4;

/** What is kept of a text that comes in small pieces, and how much of it was read; undefined if no loop is found. */
function loopOf(text: string, pieceLength = PIECE): { readonly kept: string; readonly read: number } | undefined {
  const guard = new RepetitionGuard();
  for (let at = 0; at < text.length; at += pieceLength) {
    const length = guard.push(text.slice(at, at + pieceLength));
    if (length !== undefined) return { kept: text.slice(0, length), read: at + pieceLength };
  }
  return undefined;
}

const keptOf = (text: string, pieceLength?: number) => loopOf(text, pieceLength)?.kept;

const numbered = Array.from({ length: 60 }, (_, i) => `${i + 1}. Take the next step and write it down.\n`).join("");
const table = `| day | morning | noon | evening |\n|-----|---------|------|---------|\n${"|     |         |      |         |\n".repeat(9)}`;
const zeros = `[\n${`  [${"0, ".repeat(9)}0],\n`.repeat(10)}]`;
const nested = `${"    ".repeat(16)}return value;\n`.repeat(2);
const switches = Array.from({ length: 20 }, (_, i) => `    case ${i}:\n      return "value ${i}";\n`).join("");
const chorus =
  "Row, row, row your boat,\nGently down the stream.\nMerrily, merrily, merrily, merrily,\nLife is but a dream.\n\n";
const template = "### [Job title], [Company]\n[Start date] to [End date]\n- [What you did]\n- [What came of it]\n\n";

describe("RepetitionGuard", () => {
  it.each([
    ["a sentence", "I do not know what you mean. ", "You said so. "],
    ["a question without end", "What is your name? My name is Sam. ", ""],
    ["a line", "- Be kind to each other.\n", "Rules:\n"],
    [
      "a paragraph",
      `${"The sea was calm, and the wind had gone to sleep over the hills of the far coast. ".repeat(2)}\n\n`,
      "",
    ],
    ["a word", "very ", "It was "],
    ["half words", "lalilu", ""],
    ["a code line", "    total = total + 1\n", "def f():\n"],
    ["two turns", "### Instruction:\nSay it.\n### Response:\nIt.\n", ""],
    ["Chinese", "我不知道。", "你好。"],
    ["emoji", "👩‍👩‍👧 mum ", "Look: "],
  ])("ends a loop of %s and keeps one occurrence", (_name, unit, before) => {
    const kept = keptOf(before + unit.repeat(400));
    expect(kept?.startsWith(before + unit.trimEnd())).toBe(true);
    expect(kept!.length).toBeLessThan(before.length + 2 * unit.length);
  });

  it.each([
    ["a sentence", "I do not know what you mean by that. "],
    ["a question and its answer", "What is your name? My name is Sam, and yours? "],
    ["two turns of a dialogue", "Human: Tell me about the sea.\nAI: I am a sea, as you know.\n"],
    ["an item of a list", "- Always be kind to each other.\n"],
    ["items of a list", "- Be kind.\n- Be honest.\n- Be on time for dinner.\n- Be yourself.\n"],
    ["a paragraph", "The sea was calm that day, and the wind had gone to sleep over the far hills.\n\n"],
    ["pages", `${Array.from({ length: 40 }, (_, i) => `It was the ${i}th day of the long journey.`).join(" ")}\n`],
    ["Chinese", "我不知道您说的是什么意思，请再说一遍。"],
  ])("sees a loop of %s within its second repetition", (_name, unit) => {
    const before = "Well, let me think about it.\n";
    const { kept, read } = loopOf(before + unit.repeat(9))!;
    expect(read).toBeLessThan(before.length + 3 * unit.length + PIECE);
    expect(kept.trimEnd()).toBe((before + unit).trimEnd());
  });

  it("sees a loop of a few words within six lines of a phone", () => {
    const { kept, read } = loopOf(`Good day, ${"I am a sea, ".repeat(60)}`)!;
    expect(read).toBeLessThan(100);
    expect(kept).toMatch(/^Good day, I am a sea,( I)?$/);
  });

  it("tells code in a fence from prose that repeats itself", () => {
    const line = "    print('still waiting for the server')\n";
    expect(keptOf(`Like this:\n\n\`\`\`python\n${line.repeat(3)}\`\`\`\nThat is all.`)).toBeUndefined();
    expect(keptOf(`Like this:\n\n\`\`\`python\nx\n\`\`\`\n${line.repeat(3)}`)).toBeDefined();
  });

  it.each([
    ["a numbered list", numbered],
    ["laughter", `${"ha ".repeat(30)}that was good.`],
    ["a chorus three times", chorus.repeat(3)],
    ["a blank table", table],
    ["a matrix of zeros", zeros],
    ["deep indentation", nested],
    ["cases of a switch", switches],
    ["a ruler", `Title\n${"=".repeat(120)}\n${"-".repeat(120)}\n`],
    ["a template filled three times", template.repeat(3)],
    ["counting", Array.from({ length: 300 }, (_, i) => i).join(", ")],
    ["a shout", `N${"o".repeat(100)}!`],
    ["children on a journey", `They asked: "${"Are we there yet? ".repeat(3)}"`],
    ["links of a page", '<li class="nav-item"><a class="nav-link" href="#">Link</a></li>\n'.repeat(3)],
    ["equal rows of a table", "| No entry yet | No entry yet | No entry yet |\n".repeat(4)],
    ["an oath", `"${"I promise. ".repeat(3)}" Never, never, never, never again.`],
  ])("lets %s be", (_name, text) => {
    expect(keptOf(text)).toBeUndefined();
  });

  it("ends layout too when it goes on and on", () => {
    expect(keptOf("\n".repeat(2000))).toBe("\n");
    expect(keptOf("| | |\n".repeat(400))).toBe("| | |\n");
  });

  it("finishes the sentence when the loop shares its end with the text before", () => {
    const text = `No, I like dogs. ${"Yes I like dogs. ".repeat(30)}`;
    expect(keptOf(text)).toBe("No, I like dogs. Yes I like dogs.");
  });

  it("finishes the paragraph when there are several", () => {
    const turn = "### Response:\nI add a message.\n\n### Code:\nprint(1)\nreturn\n\n";
    const kept = keptOf(`### Code:\nreturn\n\n${turn.repeat(9)}`);
    expect(kept).toBe(`### Code:\nreturn\n\n${turn}`);
  });

  it("cuts at a space where no sentence ends, and at the repetition where there is neither", () => {
    expect(keptOf(`some ${"more and more ".repeat(30)}`)).toMatch(/^some more and( more)?$/);
    expect(keptOf("abcdefgh".repeat(50))).toBe("abcdefgh");
  });

  it("never cuts within a character", () => {
    // U+1F600 and U+1FA00 differ in their first half only.
    const kept = keptOf(`\u{1fa00}${"\u{1f600}x\u{1f64f}y".repeat(100)}`, 3)!;
    expect(/[\ud800-\udbff]$/u.test(kept)).toBe(false);
    expect(keptOf(`\u{1f200}${"\u{1f600}".repeat(600)}`)).toMatch(/^\u{1f200}\u{1f600}+$/u);
  });

  it("finds nothing in text whose units never repeat", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 200 }), (words) => {
        const text = words.map((word, i) => `${i}:${word}\n`).join("");
        expect(keptOf(text)).toBeUndefined();
      }),
    );
  });

  it("finds every long loop, wherever pieces end", () => {
    const unit = fc.string({ unit: fc.constantFrom("a", "b", "c", " ", "."), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), unit, fc.integer({ min: 1, max: 9 }), (before, word, pieceLength) => {
        const text = before + `x${word}`.repeat(1000 / word.length + 10);
        expect(keptOf(text, pieceLength)?.length).toBeLessThanOrEqual(before.length + 2 * (word.length + 1));
      }),
    );
  });
});
