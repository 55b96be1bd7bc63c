import { describe, expect, it } from "vitest";
import { forgottenAnswer } from "./background.ts";

describe("forgottenAnswer", () => {
  const place = { platform: "web", workspaceId: "w", channelId: "c", isDirect: true };
  const message = { place, author: { id: "u", name: "Ann" }, text: "why?" };
  const quotedAnswer = { messageId: "m1", text: "Because." };
  const round = { messageId: "m1", author: "Ann", user: "how?", assistant: "Because.", atMs: 0 };

  it("is the answer that is replied to, unless its round is remembered", () => {
    expect(forgottenAnswer({ ...message, quotedAnswer }, { rounds: [] })).toBe("Because.");
    expect(forgottenAnswer({ ...message, quotedAnswer }, { rounds: [round] })).toBe("");
    expect(forgottenAnswer(message, { rounds: [{ ...round, messageId: undefined as never }] })).toBe("");
  });
});
