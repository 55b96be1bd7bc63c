import { describe, expect, it } from "vitest";
import { findDraft } from "./find-draft.ts";
import { PromptLookup } from "./prompt-lookup.ts";

const tokensOf = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
const draftOf = (text: string) => {
  const draft = findDraft(tokensOf(text));
  return draft && { text: String.fromCharCode(...draft.tokenIds), numMatched: draft.numMatched };
};

describe("findDraft", () => {
  it("says what followed the last tokens where they stood before", () => {
    expect(draftOf("the quick brown fox. the q")).toEqual({ text: "uick brown", numMatched: 5 });
    expect(draftOf("ab12345678901xxb1")).toMatchObject({ text: expect.stringMatching(/^23456789/), numMatched: 2 });
  });

  it("prefers the longest match, then the latest", () => {
    expect(draftOf("xyzA yzB yzC xyz")?.text).toMatch(/^A/);
    expect(draftOf("yzA yzB!yz")?.text).toMatch(/^B/);
  });

  it("goes round a loop", () => {
    expect(draftOf("xababab")).toEqual({ text: "ababababab", numMatched: 4 });
    expect(draftOf("xaaa")).toEqual({ text: "aaaaaaaaaa", numMatched: 2 });
  });

  it("says nothing where the last token stands nowhere else", () => {
    for (const text of ["", "a", "ab", "abcdefg"]) expect(draftOf(text)).toBeUndefined();
  });
});

/** A pass over one token and some drafts on the machine these tests have in mind. */
const passMs = (numDrafts: number) => 10 + numDrafts;

/** Lets a sequence write a text after a prompt, pass by pass: milliseconds it took, and would have taken without drafts. */
function write(lookup: PromptLookup<{ tokenIds: number[] }>, prompt: string, reply: string, cost = passMs) {
  const sequence = { tokenIds: [...tokensOf(prompt), reply.charCodeAt(0)] };
  const rest = tokensOf(reply);
  let ms = 0;
  const drafted: (readonly number[])[] = [];
  for (let at = 1; at < rest.length; ) {
    const drafts = lookup.draft(sequence, rest.length - at - 1);
    let numRight = 0;
    while (numRight < drafts.length && drafts[numRight] === rest[at + numRight]) numRight++;
    const came = rest.slice(at, at + numRight + 1);
    lookup.accept(came, cost(drafts.length));
    ms += cost(drafts.length);
    sequence.tokenIds.push(...came);
    at += came.length;
    drafted.push(drafts);
  }
  return { ms, drafted, msWithout: (rest.length - 1) * cost(0) };
}

const PROSE = "It was a bright cold day in April, and the clocks were striking thirteen; nobody minded much of that. ";
/** Text without order: letters by a linear congruence. */
const NOISE = String.fromCharCode(
  ...Array.from({ length: 400 }, (_, i) => 97 + (((i * i * 7919 + i * 31) % 1009) % 8)),
);

describe("PromptLookup", () => {
  it("copies from the prompt in a third of the time", () => {
    const { ms, msWithout } = write(new PromptLookup(), PROSE, PROSE.repeat(2));
    expect(msWithout / ms).toBeGreaterThan(3);
  });

  it("costs next to nothing where its drafts are wrong", () => {
    const { ms, msWithout } = write(new PromptLookup(), NOISE, NOISE.split("").reverse().join(""));
    expect(msWithout / ms).toBeGreaterThan(0.95);
  });

  it("costs next to nothing where a draft costs a pass, and gains again once it no longer does", () => {
    const lookup = new PromptLookup<{ tokenIds: number[] }>();
    const dear = (numDrafts: number) => 10 * (1 + numDrafts);
    const whileDear = write(lookup, PROSE, PROSE.repeat(6), dear);
    expect(whileDear.msWithout / whileDear.ms).toBeGreaterThan(0.95);
    const after = write(lookup, PROSE, PROSE.repeat(6));
    expect(after.msWithout / after.ms).toBeGreaterThan(1.5);
  });

  it("drafts no more than there is room for", () => {
    const lookup = new PromptLookup<{ tokenIds: number[] }>();
    expect(lookup.draft({ tokenIds: tokensOf("abcdefabcd") }, 1)).toEqual(tokensOf("e"));
    expect(lookup.draft({ tokenIds: tokensOf("abcdefabcd") }, 0)).toEqual([]);
  });

  it("drafts the same for the same tokens, however times waver", () => {
    const wavering = (numDrafts: number) => passMs(numDrafts) * (1 + 0.3 * Math.sin(numDrafts * 99 + calls++));
    let calls = 0;
    const drafts = [passMs, wavering].map((cost) => write(new PromptLookup(), PROSE, PROSE.repeat(2), cost).drafted);
    expect(drafts[0]).toEqual(drafts[1]);
  });

  it.each([1e12, -1e12, Number.POSITIVE_INFINITY, Number.NaN, 0])("gets over a clock that jumps by %d ms", (jump) => {
    const lookup = new PromptLookup<{ tokenIds: number[] }>();
    write(lookup, PROSE, PROSE.repeat(2));
    for (const times of [1, 2]) {
      lookup.draft({ tokenIds: tokensOf(PROSE.repeat(times)) }, 10);
      lookup.accept([], jump);
    }
    const { ms, msWithout } = write(lookup, PROSE, PROSE.repeat(2));
    expect(msWithout / ms).toBeGreaterThan(2.5);
  });
});
