import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createByteTokenizer } from "./byte-tokenizer.fixture.ts";
import { countTokens, encodePrompt, type PromptSegment } from "./prompt-encoder.ts";

const BOS = 256;
const EOS = 257;
const WINDOW = { maxModelLen: 100, maxTokens: 20 };

function segment(text: string, options: Partial<PromptSegment> = {}): PromptSegment {
  return { text, droppable: false, literal: false, ...options };
}

async function encode(
  segments: readonly PromptSegment[],
  window = WINDOW,
  tokenizer = createByteTokenizer({ hasBos: false }),
) {
  const { tokenIds, droppedSegments } = await encodePrompt(tokenizer, segments, window);
  return { text: Buffer.from(tokenIds.filter((id) => id < BOS)).toString(), tokenIds, droppedSegments };
}

describe("encodePrompt", () => {
  it("joins the segments with nothing between them", async () => {
    expect(await encode([segment("Hello"), segment(""), segment(", 世界")])).toMatchObject({
      text: "Hello, 世界",
      droppedSegments: 0,
    });
  });

  it("adds a beginning-of-sequence token where the model has one and the text does not begin with it", async () => {
    const tokenizer = createByteTokenizer();
    expect((await encode([segment("a")], WINDOW, tokenizer)).tokenIds).toEqual([BOS, 97]);
    expect((await encode([segment(""), segment("<s>a")], WINDOW, tokenizer)).tokenIds).toEqual([BOS, 97]);
  });

  it("reads control tokens in the prompt's own text, and never in literal text", async () => {
    expect((await encode([segment("a</s>")])).tokenIds).toEqual([97, EOS]);
    expect((await encode([segment("a</s>", { literal: true })])).tokenIds).toEqual(
      [..."a</s>"].map((c) => c.charCodeAt(0)),
    );
  });

  it("drops the oldest droppable segments until prompt and reply fit", async () => {
    const old = segment("o".repeat(30), { droppable: true });
    const recent = segment("r".repeat(30), { droppable: true });
    const result = await encode([segment("S"), old, old, recent, segment("Q")]);
    expect(result).toMatchObject({ text: `S${"o".repeat(30)}${"r".repeat(30)}Q`, droppedSegments: 1 });
  });

  it("drops the older even if a smaller one before them would fit", async () => {
    const segments = [segment("a", { droppable: true }), segment("b".repeat(90), { droppable: true }), segment("Q")];
    expect(await encode(segments)).toMatchObject({ text: "Q", droppedSegments: 2 });
  });

  it("drops the segments of a group together", async () => {
    const round = (letter: string, dropGroup: number) => [
      segment(`${letter}:`, { droppable: true, dropGroup }),
      segment(letter.repeat(40), { droppable: true, literal: true, dropGroup }),
    ];
    const result = await encode([...round("a", 1), ...round("b", 2), segment("Q")]);
    expect(result).toMatchObject({ text: `b:${"b".repeat(40)}Q`, droppedSegments: 2 });
  });

  it("keeps no more room for the reply than a quarter of the context", async () => {
    expect((await encode([segment("x".repeat(75))], { maxModelLen: 100, maxTokens: 5000 })).tokenIds).toHaveLength(75);
  });

  it("refuses what does not fit with everything dropped, and says the numbers", async () => {
    const segments = [segment("d".repeat(10), { droppable: true }), segment("x".repeat(81))];
    await expect(encode(segments)).rejects.toEqual(
      expect.objectContaining({
        code: "PROMPT_TOO_LONG",
        message: expect.stringMatching(/^prompt has 81 tokens .* room for 20; the context holds 100/),
        details: {
          fieldViolations: [{ field: "prompt", description: expect.stringMatching(/^has 81 tokens/) }],
          metadata: { promptTokens: "81", replyTokens: "20", maxModelLen: "100" },
        },
      }),
    );
  });

  it("refuses a prompt of which nothing is left", async () => {
    await expect(encode([segment("x".repeat(90), { droppable: true })])).rejects.toEqual(
      expect.objectContaining({ code: "PROMPT_TOO_LONG", message: expect.stringContaining("90 tokens") }),
    );
  });

  it.each([
    ["many segments", Array.from({ length: 30 }, () => segment("x".repeat(300)))],
    ["an endless word", [segment("x".repeat(9_000), { literal: true })]],
  ])("lets others have their turn while it encodes %s", async (_, segments) => {
    let isEncoded = false;
    const turn = new Promise<boolean>((resolve) => setImmediate(() => resolve(isEncoded)));
    await encode(segments, { maxModelLen: 50_000, maxTokens: 20 });
    isEncoded = true;
    expect(await turn).toBe(false);
  });

  it("encodes a long text in pieces without loss, cut before spaces and never within a character", async () => {
    const texts = fc.array(fc.constantFrom("word ", "  ", "😀".repeat(700), "x".repeat(1_500), "\n"), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(texts, async (parts) => {
        const text = `Q${parts.join("")}`;
        const whole = await encode([segment(text, { literal: true })], { maxModelLen: 100_000, maxTokens: 20 });
        expect(whole.text).toBe(text);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps what dropping the oldest unit after the other would keep", async () => {
    const segments = fc.array(
      fc.record({
        text: fc.string({ maxLength: 40 }),
        droppable: fc.boolean(),
        literal: fc.constant(true),
        dropGroup: fc.option(fc.nat(3), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(segments, async (prompt) => {
        const expected = dropOneByOne(prompt, WINDOW.maxModelLen - WINDOW.maxTokens);
        fc.pre(expected !== undefined && Buffer.byteLength(expected.join("")) > 0);
        expect((await encode(prompt)).text).toBe(expected!.join(""));
      }),
    );
  });
});

/** The rule as the contract words it, without any cleverness. Undefined when nothing droppable is left and it does not fit. */
function dropOneByOne(segments: readonly PromptSegment[], budget: number): string[] | undefined {
  let kept = [...segments];
  while (Buffer.byteLength(kept.map(({ text }) => text).join("")) > budget) {
    const first = kept.find(({ droppable }) => droppable);
    if (!first) return undefined;
    kept = kept.filter(
      (other) =>
        other !== first && !(other.droppable && first.dropGroup !== undefined && other.dropGroup === first.dropGroup),
    );
  }
  return kept.map(({ text }) => text);
}

describe("countTokens", () => {
  it("counts each segment, and the beginning-of-sequence token in the sum alone", async () => {
    const segments = [segment("ab"), segment(""), segment("</s>", { literal: true })];
    expect(await countTokens(createByteTokenizer(), segments)).toEqual({ segmentTokens: [2, 0, 4], totalTokens: 7 });
  });
});
