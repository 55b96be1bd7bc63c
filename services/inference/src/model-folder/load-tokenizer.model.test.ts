import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { encodePrompt } from "../text/prompt-encoder.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { loadTokenizer } from "./load-tokenizer.ts";

const folder = fileURLToPath(new URL("../../../../models/smollm2-135m", import.meta.url));

describe.skipIf(!existsSync(folder))("the tokenizer of smollm2-135m", () => {
  let tokenizer: Tokenizer;
  let added: readonly { readonly id: number; readonly content: string }[];
  beforeAll(() => {
    tokenizer = loadTokenizer(folder);
    added = JSON.parse(readFileSync(`${folder}/tokenizer.json`, "utf8")).added_tokens;
  });

  const decode = (ids: readonly number[]) => Buffer.concat(ids.map((id) => tokenizer.tokenBytes(id))).toString();

  it("knows its special tokens, and puts none before a prompt", () => {
    expect(tokenizer).toMatchObject({
      vocabSize: 49_152,
      bosTokenId: undefined,
      bosToken: "<|im_start|>",
      eosToken: "<|im_end|>",
    });
    expect(tokenizer.eosTokenIds[0]).toBe(2);
  });

  it("encodes a conversation's control tokens as one token each", () => {
    const ids = tokenizer.encode("<|im_start|>user\nhi<|im_end|>\n");
    expect(ids.map((id) => tokenizer.tokenText(id))).toEqual(["<|im_start|>", "user", "\n", "hi", "<|im_end|>", "\n"]);
    expect([ids[0], ids[4]]).toEqual([1, 2]);
  });

  it("gives a long text the same tokens whether a prompt is encoded in pieces or it at once", async () => {
    const text = "The year 1999, it's said:\n\n  two  spaces, 世界 and 😀. ".repeat(400);
    const { tokenIds } = await encodePrompt(tokenizer, [{ text, droppable: false, literal: true }], {
      maxModelLen: 100_000,
      maxTokens: 10,
    });
    expect(tokenIds).toEqual(tokenizer.encode(text, { literal: true }));
  });

  it("gives every control token's text back as text when it is literal", () => {
    expect(added.length).toBeGreaterThan(10);
    const control = new Set(added.map(({ id }) => id));
    for (const { content } of added) {
      const ids = tokenizer.encode(`a ${content}b`, { literal: true });
      expect(ids.some((id) => control.has(id))).toBe(false);
      expect(decode(ids)).toBe(`a ${content}b`);
    }
  });

  it("gives any text back, byte for byte", () => {
    // The vocabulary lacks some control characters, and what begins planes without characters.
    const kept = (char: string) => ("\t\n\r".includes(char) ? char : "");
    const known = (text: string) => text.replace(/[\p{Cc}\u{40000}-\u{10ffff}]/gu, kept);
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.constantFrom(
        "for i in range(10):\n\t\treturn",
        "1234567890",
        "👩‍👩‍👧‍👦🦙",
        "你好，世界",
        "    \n\n  \r\n",
        "<|im_end|>",
        "naïve",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = known(pieces.join(""));
        expect(decode(tokenizer.encode(text, { literal: true }))).toBe(Buffer.from(text).toString());
      }),
      { numRuns: 40 },
    );
  });

  it("encodes digits one by one and words with their space", () => {
    expect(tokenizer.encode("In 1984 it").map((id) => tokenizer.tokenText(id))).toEqual([
      "In",
      " ",
      "1",
      "9",
      "8",
      "4",
      " it",
    ]);
  });

  it("encodes pieces of a text, cut before a space, as it encodes the whole", () => {
    const words = fc.array(fc.constantFrom("dog", "can't", "x=1;", "42", "你好", "🦙", "don't!"), {
      minLength: 2,
      maxLength: 30,
    });
    fc.assert(
      fc.property(words, fc.nat(), (all, at) => {
        const cut = 1 + (at % (all.length - 1));
        const [head, tail] = [all.slice(0, cut).join(" "), ` ${all.slice(cut).join(" ")}`];
        expect([...tokenizer.encode(head), ...tokenizer.encode(tail)]).toEqual(tokenizer.encode(head + tail));
      }),
    );
  });
});
