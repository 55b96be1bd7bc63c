import { describe, expect, it } from "vitest";
import { characterModel, EOS, fakeRequest, tokensOf } from "./fake-requests.fixture.ts";
import type { EngineModel } from "./generation.ts";
import type { StoppingCriteria } from "./sampling-params.ts";
import { StopChecker } from "./stop-checker.ts";

interface CheckOptions {
  readonly model?: EngineModel;
  readonly contextRoom?: number;
}

/** Reads tokens until the reply ends; what was sent and why it ended. */
function check(tokenIds: readonly number[], stopping: Partial<StoppingCriteria> = {}, options: CheckOptions = {}) {
  const criteria = fakeRequest({ stopping: { maxTokens: 10_000, ...stopping } }).stopping;
  const checker = new StopChecker({ model: characterModel, contextRoom: 10_000, ...options, stopping: criteria });
  let sent = "";
  const goesOn = { reason: undefined, matchedStop: undefined, textLength: undefined };
  for (const tokenId of tokenIds) {
    const { text, stop } = checker.push(tokenId);
    sent += text;
    if (stop !== undefined) return { sent, numTokens: checker.numTokens, ...stop };
  }
  return { sent, numTokens: checker.numTokens, ...goesOn };
}

describe("StopChecker", () => {
  it("ends at the end-of-sequence token and counts it", () => {
    expect(check([...tokensOf("Hi"), EOS, 97])).toEqual({
      sent: "Hi",
      numTokens: 3,
      reason: "eos",
      matchedStop: "",
      textLength: 2,
    });
  });

  it("goes on past the end-of-sequence token when told to", () => {
    expect(check([EOS, ...tokensOf("Hi")], { ignoreEos: true, maxTokens: 3 })).toMatchObject({
      sent: "Hi",
      reason: "maxTokens",
    });
  });

  it("ends at a stop token and names it without sending it", () => {
    expect(check(tokensOf("ab;c"), { stopTokenIds: [59] })).toMatchObject({
      sent: "ab",
      reason: "stop",
      matchedStop: ";",
      textLength: 2,
    });
  });

  it("ends at a stop string and sends none of it", () => {
    expect(check(tokensOf("Well.\nHuman: hi"), { stop: ["\nHuman:"] })).toMatchObject({
      sent: "Well.",
      reason: "stop",
      matchedStop: "\nHuman:",
      textLength: 5,
    });
  });

  it("sends what it held for a stop string when the reply ends otherwise", () => {
    expect(check([...tokensOf("So\nHu"), EOS], { stop: ["\nHuman:"] })).toMatchObject({
      sent: "So\nHu",
      textLength: 5,
    });
  });

  it("ends at max tokens before the context is full, and when the context is full", () => {
    expect(check(tokensOf("abcd"), { maxTokens: 3 }, { contextRoom: 3 })).toMatchObject({
      sent: "abc",
      reason: "maxTokens",
    });
    expect(check(tokensOf("abcd"), {}, { contextRoom: 2 })).toMatchObject({ sent: "ab", reason: "contextFull" });
  });

  it("ends a loop, and tells the length without it", () => {
    const reply = check(tokensOf(`Hm. ${"I do not know. ".repeat(40)}`));
    expect(reply.reason).toBe("repetition");
    expect(reply.sent.slice(0, reply.textLength).trimEnd()).toBe("Hm. I do not know.");
  });

  it("lets a loop run when told to", () => {
    expect(check(tokensOf("I do not know. ".repeat(40)), { ignoreRepetition: true }).reason).toBeUndefined();
  });

  it("ends before half a character, and tells of its token", () => {
    const model: EngineModel = { ...characterModel, createDecoder: () => ({ push: () => "" }) };
    const checker = new StopChecker({
      model,
      contextRoom: 10,
      stopping: fakeRequest({ stopping: { maxTokens: 1 } }).stopping,
    });
    expect(checker.push(97)).toMatchObject({ text: "", numTokens: 1, stop: { reason: "maxTokens", textLength: 0 } });
  });
});
