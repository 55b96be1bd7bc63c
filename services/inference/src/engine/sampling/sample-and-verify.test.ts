import { describe, expect, it } from "vitest";
import { characterModel, type FakeRequestOptions, fakeRequest } from "../fake-requests.fixture.ts";
import { Sequence } from "../sequence.ts";
import { sampleAndVerify } from "./sample-and-verify.ts";
import { Sampler } from "./sampler.ts";

const VOCABULARY = 4;

/** Draws after the prompt [0] from logits of several positions, the second of the new tokens on being drafts. */
function draw(drafts: readonly number[], logits: readonly (readonly number[])[], options: FakeRequestOptions = {}) {
  const request = fakeRequest({ promptTokenIds: [0], ...options });
  const sequence = new Sequence({ request, model: characterModel, maxModelLen: 64, now: 0 });
  const planRow = { row: 0, numComputedTokens: 0, tokenIds: [0, ...drafts], numLogits: logits.length };
  const drawn = sampleAndVerify(new Sampler(VOCABULARY), sequence, planRow, Float32Array.from(logits.flat()));
  return drawn.map(({ tokenId }) => tokenId);
}

/** Logits whose likeliest is the token, a little before the next one. */
const likeliest = (tokenId: number) =>
  Array.from({ length: VOCABULARY }, (_, i) => (i === tokenId ? 2 : i === (tokenId + 1) % VOCABULARY ? 1.9 : 0));

describe("sampleAndVerify", () => {
  it("draws nothing after a chunk that is not a prompt's last, a token after its last", () => {
    expect(draw([1, 2], [])).toEqual([]);
    expect(draw([1, 2], [likeliest(3)])).toEqual([3]);
  });

  it("draws a token for each draft that came true, and one more", () => {
    const logits = [1, 2, 3].map(likeliest);
    expect(draw([1, 2], logits)).toEqual([1, 2, 3]);
    expect(draw([1, 3], logits)).toEqual([1, 2]);
    expect(draw([2, 2], logits)).toEqual([1]);
  });

  it("counts each token before it draws the next one", () => {
    const logits = [1, 1, 2].map(likeliest);
    expect(draw([1, 2], logits, { sampling: { presencePenalty: 1 } })).toEqual([1, 2, 3]);
  });
});
