import { describe, expect, it } from "vitest";
import { characterModel, EOS, fakeRequest, tokensOf } from "./fake-requests.fixture.ts";
import type { EngineModel, FinishReason } from "./generation.ts";
import { ReplyText } from "./reply-text.ts";
import type { StoppingCriteria } from "./sampling/sampling-params.ts";

interface ReadOptions extends Partial<StoppingCriteria> {
  readonly model?: EngineModel;
  /** How the tokens end the reply. */
  readonly ended?: FinishReason;
  /** Tokens that come at once. Default 1. */
  readonly atOnce?: number;
}

/** Reads tokens until the reply ends; what was sent and why it ended. */
function read(
  tokenIds: readonly number[],
  { model = characterModel, ended, atOnce = 1, ...stopping }: ReadOptions = {},
) {
  const reply = new ReplyText(model, fakeRequest({ stopping }).stopping);
  let sent = "";
  for (let start = 0; start < tokenIds.length; start += atOnce) {
    const tokens = tokenIds.slice(start, start + atOnce).map((tokenId) => ({ tokenId, logprobs: undefined }));
    const isLast = start + atOnce >= tokenIds.length;
    const { delta, stop } = reply.read({ tokens, ended: isLast ? ended : undefined });
    sent += delta?.text ?? "";
    if (stop !== undefined) return { sent, numTokens: reply.numTokens, ...stop };
  }
  return { sent, numTokens: reply.numTokens, reason: undefined, matchedStop: "", textLength: 0 };
}

describe("ReplyText", () => {
  it("ends at the end-of-sequence token without its text, and counts it", () => {
    expect(read([...tokensOf("Hi"), EOS], { ended: "eos" })).toEqual({
      sent: "Hi",
      numTokens: 3,
      reason: "eos",
      matchedStop: "",
      textLength: 2,
    });
  });

  it("ends at a stop token and names it without sending it", () => {
    expect(read(tokensOf("ab;"), { ended: "stop" })).toMatchObject({
      sent: "ab",
      numTokens: 3,
      reason: "stop",
      matchedStop: ";",
      textLength: 2,
    });
  });

  it("ends at a stop string that is, or holds, a control token's text", () => {
    const model: EngineModel = {
      ...characterModel,
      createDecoder: () => ({ push: (tokenId) => (tokenId === 1 ? "" : String.fromCharCode(tokenId)) }),
      controlText: (tokenId) => (tokenId === 1 ? "<|im_start|>" : ""),
    };
    const tokens = [...tokensOf("Well.\n"), 1, ...tokensOf("user")];
    const ends = (stop: string) => read(tokens, { model, stop: [stop], ended: "maxTokens" });
    expect(ends("<|im_start|>")).toMatchObject({ sent: "Well.\n", numTokens: 7, matchedStop: "<|im_start|>" });
    expect(ends("\n<|im_start|>us")).toMatchObject({ sent: "Well.", numTokens: 9, textLength: 5 });
    expect(ends("<|im_end|>")).toMatchObject({ sent: "Well.\nuser", reason: "maxTokens", textLength: 10 });
  });

  it.each([1, 2, 15])("ends at a stop string and sends none of it, %i tokens at once", (atOnce) => {
    expect(read(tokensOf("Well.\nHuman: hi"), { stop: ["\nHuman:"], atOnce })).toMatchObject({
      sent: "Well.",
      numTokens: 12,
      reason: "stop",
      matchedStop: "\nHuman:",
      textLength: 5,
    });
  });

  it("sends what it held for a stop string when the reply ends otherwise", () => {
    expect(read([...tokensOf("So\nHu"), EOS], { stop: ["\nHuman:"], ended: "eos" })).toMatchObject({
      sent: "So\nHu",
      textLength: 5,
    });
  });

  it("ends at a stop string that the last token completes", () => {
    expect(read(tokensOf("abc"), { stop: ["c"], ended: "maxTokens" })).toMatchObject({ sent: "ab", reason: "stop" });
    expect(read(tokensOf("abc"), { ended: "maxTokens" })).toMatchObject({ sent: "abc", reason: "maxTokens" });
  });

  it("ends without a token when the time is over", () => {
    const reply = new ReplyText(characterModel, fakeRequest({ stopping: { stop: ["bc"] } }).stopping);
    const tokens = tokensOf("ab").map((tokenId) => ({ tokenId, logprobs: undefined }));
    expect(reply.read({ tokens, ended: undefined }).delta?.text).toBe("a");
    expect(reply.read({ tokens: [], ended: "timeBudget" })).toEqual({
      delta: { text: "b", tokenIds: tokensOf("b"), logprobs: [] },
      stop: { reason: "timeBudget", matchedStop: "", textLength: 2 },
    });
  });

  it("ends a loop, and tells the length without it", () => {
    const reply = read(tokensOf(`Hm. ${"I do not know. ".repeat(40)}`));
    expect(reply.reason).toBe("repetition");
    expect(reply.sent.slice(0, reply.textLength).trimEnd()).toBe("Hm. I do not know.");
  });

  it("lets a loop run when told to", () => {
    expect(read(tokensOf("I do not know. ".repeat(40)), { ignoreRepetition: true }).reason).toBeUndefined();
  });

  it("ends before half a character, and tells of its token", () => {
    const model: EngineModel = { ...characterModel, createDecoder: () => ({ push: () => "" }) };
    const reply = new ReplyText(model, fakeRequest().stopping);
    expect(reply.read({ tokens: [{ tokenId: 97, logprobs: undefined }], ended: "maxTokens" })).toMatchObject({
      delta: { text: "", tokenIds: [97] },
      stop: { reason: "maxTokens", textLength: 0 },
    });
  });

  it("sends tokens with the text they made", () => {
    const reply = new ReplyText(characterModel, fakeRequest({ stopping: { stop: ["<end>"] } }).stopping);
    const deltas = tokensOf("<em").map((tokenId) => {
      return reply.read({ tokens: [{ tokenId, logprobs: undefined }], ended: undefined }).delta;
    });
    expect(deltas).toEqual([undefined, undefined, { text: "<em", tokenIds: tokensOf("<em"), logprobs: [] }]);
  });
});
