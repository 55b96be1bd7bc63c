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

  it("drops the oldest droppable segments down to three quarters once prompt and reply do not fit", async () => {
    const old = segment("o".repeat(30), { droppable: true });
    const recent = segment("r".repeat(30), { droppable: true });
    const result = await encode([segment("S"), old, old, recent, segment("Q")]);
    expect(result).toMatchObject({ text: `S${"r".repeat(30)}Q`, droppedSegments: 2 });
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
        message: expect.stringMatching(
          /^prompt has 81 tokens .* room for 20; the context holds 100: .* or lower stopping.max_tokens$/,
        ),
        details: {
          fieldViolations: [{ field: "prompt", description: expect.stringMatching(/^has 81 tokens/) }],
          metadata: { promptTokens: "81", replyTokens: "20", maxModelLen: "100" },
        },
      }),
    );
  });

  it.each([
    [100, 20],
    [99, 1],
  ])(
    "advises nothing of the reply where %d tokens of prompt leave no room whatever it is",
    async (length, maxTokens) => {
      const window = { maxModelLen: 100, maxTokens };
      const message = expect.stringMatching(/: shorten the prompt$/);
      await expect(encode([segment("x".repeat(length + 1))], window)).rejects.toMatchObject({ message });
    },
  );

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

  it("refuses what is too long by its length alone without encoding it, droppable or not", async () => {
    const tokenizer = { ...createByteTokenizer(), encode: () => expect.unreachable() };
    for (const droppable of [true, false])
      await expect(encode([segment("a".repeat(1_000), { droppable })], WINDOW, tokenizer)).rejects.toMatchObject({
        code: "PROMPT_TOO_LONG",
        message: expect.stringMatching(/at least 250 tokens.*the context holds 100/),
      });
  });

  it("encodes trusted text in pieces as well, its control tokens whole", async () => {
    const lengths: number[] = [];
    const bytes = createByteTokenizer({ hasBos: false });
    const encodeNoting: typeof bytes.encode = (text, options) => {
      lengths.push(text.length);
      return bytes.encode(text, options);
    };
    const text = `${"a".repeat(5_000)}</s>${"b".repeat(3_000)}`;
    const window = { maxModelLen: 20_000, maxTokens: 20 };
    const { tokenIds } = await encode([segment(text)], window, { ...bytes, encode: encodeNoting });
    expect(tokenIds).toHaveLength(8_001);
    expect(tokenIds[5_000]).toBe(EOS);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(2_048);
  });

  it("ends when the caller hangs up in the middle of a text", async () => {
    const window = { maxModelLen: 20_000, maxTokens: 20 };
    const hangUp = new AbortController();
    const encoding = encodePrompt(createByteTokenizer(), [segment("a".repeat(10_000))], window, hangUp.signal);
    hangUp.abort("hung up");
    await expect(encoding).rejects.toBe("hung up");
  });

  it("takes no longer for spaces over and over than for any other text", async () => {
    const text = " ".repeat(4 * 2 ** 20);
    // Looking back to the text's beginning for each piece would take longer than a test may.
    const counted = await countTokens(createByteTokenizer({ hasBos: false }), [segment(text, { literal: true })]);
    expect(counted.totalTokens).toBe(text.length);
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

  it("drops the oldest units only, none while all fit, and no more than a leap and two too many", async () => {
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
        const all = droppings(prompt);
        const fitting = all.findIndex((kept) => Buffer.byteLength(kept) <= WINDOW.maxModelLen - WINDOW.maxTokens);
        fc.pre(fitting >= 0 && Buffer.byteLength(all.at(-1)!) > 0);
        const dropped = all.indexOf((await encode(prompt)).text, fitting);
        expect(dropped).toBeGreaterThanOrEqual(fitting);
        const withTwo = all[Math.max(fitting, dropped - 2)]!;
        expect(Buffer.byteLength(all[fitting]!) - Buffer.byteLength(withTwo)).toBeLessThanOrEqual(20);
        if (fitting === 0) expect(dropped).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps the beginning of a growing conversation for several messages, and drops nothing while all fits", async () => {
    const window = { maxModelLen: 1_000, maxTokens: 200 };
    const rounds = Array.from({ length: 40 }, (_, i) => [
      segment(`Q${i} ${"q".repeat(i % 9)}`, { droppable: true, literal: true, dropGroup: i }),
      segment(`A${i} ${"a".repeat(20 + (i % 7))}`, { droppable: true, dropGroup: i }),
    ]);
    const beginnings: string[] = [];
    for (let message = 0; message < rounds.length; message++) {
      const question = segment(`Q${message} ${"q".repeat(message % 9)}`);
      const prompt = [segment("Persona. "), ...rounds.slice(0, message).flat(), question];
      const { text, droppedSegments } = await encode(prompt, window);
      const isAll = prompt.reduce((sum, part) => sum + part.text.length, 0) <= 800;
      expect(droppedSegments === 0).toBe(isAll);
      beginnings.push(text.slice(0, 20));
    }
    const changes = beginnings.flatMap((text, i) => (i > 0 && text !== beginnings[i - 1] ? [i] : []));
    expect(changes.length).toBeGreaterThan(2);
    for (const [i, at] of changes.slice(1).entries()) expect(at - changes[i]!).toBeGreaterThanOrEqual(4);
  });
});

/** What stays after each number of dropped units, the first of them all. */
function droppings(segments: readonly PromptSegment[]): string[] {
  const first = segments.find(({ droppable }) => droppable);
  const text = segments.map((segment) => segment.text).join("");
  if (!first) return [text];
  const rest = segments.filter(
    (other) =>
      other !== first && !(other.droppable && first.dropGroup !== undefined && other.dropGroup === first.dropGroup),
  );
  return [text, ...droppings(rest)];
}

describe("countTokens", () => {
  it("counts each segment, and the beginning-of-sequence token in the sum alone", async () => {
    const segments = [segment("ab"), segment(""), segment("</s>", { literal: true })];
    expect(await countTokens(createByteTokenizer(), segments)).toEqual({ segmentTokens: [2, 0, 4], totalTokens: 7 });
  });
});
