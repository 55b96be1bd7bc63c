import { describe, expect, it } from "vitest";
import { isForModel, mentionAt, takeMention } from "./mention.ts";

describe("takeMention", () => {
  it.each([
    ["@cria what is a dog?", "what is a dog?"],
    ["@Cria, what is a dog?", "what is a dog?"],
    ["@CRIA: what is a dog?", "what is a dog?"],
    ["what is a dog, @cria?", "what is a dog?"],
    ["thanks @cria", "thanks"],
    ["hey @cria what is a dog?", "hey what is a dog?"],
    ["(@cria) hello", "() hello"],
    ["@cria", ""],
    ["@cria /model smollm2-135m", "/model smollm2-135m"],
    ["first line\n@cria second", "first line\nsecond"],
    ["@cria @cria twice", "@cria twice"],
  ])("takes the mention off %j", (text, rest) => {
    expect(takeMention(text)).toBe(rest);
  });

  it.each(["cria what is a dog?", "mail ada@cria.example", "@criatura", "@cria-bot", "x@cria", "@@cria", ""])(
    "finds none in %j",
    (text) => {
      expect(takeMention(text)).toBeUndefined();
    },
  );
});

describe("mentionAt", () => {
  it("finds the mention that begins there, and no other", () => {
    expect(mentionAt("hey @Cria", 4)).toBe("@Cria");
    expect(mentionAt("hey @Cria", 0)).toBeUndefined();
    expect(mentionAt("foo@cria", 3)).toBeUndefined();
    expect(mentionAt("@cria-x", 0)).toBeUndefined();
  });
});

describe("isForModel", () => {
  it.each([
    ["hello", true, true],
    ["hello", false, false],
    ["hello @cria", false, true],
    ["/help", true, false],
    ["@cria /help", false, false],
  ])("says of %j, direct %j: %j", (text, isDirect, answer) => {
    expect(isForModel(text, isDirect)).toBe(answer);
  });
});
