import { describe, expect, it } from "vitest";
import { meaningOf, mentionAt, takeMention } from "./mention.ts";

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

describe("meaningOf", () => {
  const DIRECT = true;
  it.each([
    ["hello", DIRECT, { type: "question", text: "hello" }],
    ["hello", !DIRECT, { type: "nothing" }],
    ["hello @cria", !DIRECT, { type: "question", text: "hello" }],
    ["/help", DIRECT, { type: "command", text: "/help" }],
    ["/help", !DIRECT, { type: "command", text: "/help" }],
    ["@cria /help", !DIRECT, { type: "command", text: "/help" }],
    ["/etc/hosts looks wrong, why?", DIRECT, { type: "question", text: "/etc/hosts looks wrong, why?" }],
    ["@cria /etc/hosts looks wrong, why?", !DIRECT, { type: "question", text: "/etc/hosts looks wrong, why?" }],
    ["/etc/hosts looks wrong, why?", !DIRECT, { type: "nothing" }],
    ["stop", DIRECT, { type: "stop", text: "stop" }],
    ["@cria stop!", !DIRECT, { type: "stop", text: "stop!" }],
    ["/stop", !DIRECT, { type: "stop", text: "/stop" }],
    ["stop", !DIRECT, { type: "nothing" }],
    ["stop that nonsense", DIRECT, { type: "question", text: "stop that nonsense" }],
  ] as const)("says of %j, direct %j: %j", (text, isDirect, meaning) => {
    expect(meaningOf(text, isDirect)).toEqual(meaning);
  });
});
