import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIncrementalDetokenizer } from "./incremental-detokenizer.ts";

/** What is sent of each piece of bytes. */
function decode(pieces: readonly Uint8Array[]): string[] {
  const decoder = createIncrementalDetokenizer({ tokenBytes: (tokenId) => pieces[tokenId]! });
  return pieces.map((_, tokenId) => decoder.push(tokenId));
}

const bytes = (...values: number[]) => Uint8Array.from(values);

function split(text: string, length: number): Uint8Array[] {
  const all = new TextEncoder().encode(text);
  return Array.from({ length: Math.ceil(all.length / length) }, (_, i) => all.slice(i * length, (i + 1) * length));
}

describe("createIncrementalDetokenizer", () => {
  it("sends a character with the token that completes it", () => {
    expect(decode(split("é你😀", 1))).toEqual(["", "é", "", "", "你", "", "", "", "😀"]);
  });

  it("sends what a token completes and holds what it begins", () => {
    const [cat, dog] = [new TextEncoder().encode("🐱"), new TextEncoder().encode("🐶")];
    const pieces = [bytes(97, ...cat.slice(0, 2)), bytes(...cat.slice(2), ...dog.slice(0, 3)), dog.slice(3)];
    expect(decode(pieces)).toEqual(["a", "🐱", "🐶"]);
  });

  it("sends joined emoji and combining marks a code point at a time", () => {
    const family = "👩‍👩‍👧";
    expect(decode(split(family, 1)).filter((text) => text !== "")).toEqual([...family]);
    expect(decode(split("e\u0301", 1))).toEqual(["e", "", "\u0301"]);
  });

  it("shows bytes that are no text as U+FFFD as soon as that is certain, and goes on", () => {
    expect(decode([bytes(0xff), bytes(97)])).toEqual(["\ufffd", "a"]);
    expect(decode([bytes(0xf0, 0x9f), bytes(97), bytes(98)])).toEqual(["", "\ufffda", "b"]);
    expect(decode([bytes(0xe4), bytes(0xf0, 0x9f, 0x98, 0x80)])).toEqual(["", "\ufffd😀"]);
  });

  it("drops half a character at the end", () => {
    expect(decode([bytes(97, 0xf0, 0x9f), bytes(0x98)])).toEqual(["a", ""]);
  });

  it("keeps a byte order mark, and is silent for control tokens", () => {
    expect(decode([bytes(0xef, 0xbb), bytes(0xbf, 97), bytes()])).toEqual(["", "\ufeffa", ""]);
  });

  it("sends the same text however its bytes are cut, whole characters only", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "你", "😀", "👩‍👧", "\u0301", "\ufeff") });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 7 }), (whole, length) => {
        const pieces = decode(split(whole, length));
        expect(pieces.join("")).toBe(whole);
        for (const piece of pieces) expect(piece).not.toMatch(/\p{Surrogate}|\ufffd/u);
      }),
    );
  });

  it("shows any bytes as a decoder of the whole would, but for half a character at the end", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 12 }), (pieces) => {
        const whole = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(pieces), { stream: true });
        expect(decode(pieces).join("")).toBe(whole);
      }),
      { numRuns: 500 },
    );
  });
});
