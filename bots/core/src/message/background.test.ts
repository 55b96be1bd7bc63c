import { describe, expect, it } from "vitest";
import { forgottenAnswer, unseen } from "./background.ts";

describe("forgottenAnswer", () => {
  const place = { platform: "web", workspaceId: "w", channelId: "c", isDirect: true };
  const message = { place, author: { id: "u", name: "Ann" }, text: "why?" };
  const quotedAnswer = { messageId: "m1", text: "Because." };
  const round = { messageId: "m1", author: "Ann", user: "how?", assistant: "Because.", atMs: 0 };

  const shown = { settings: {}, generation: "", rounds: [round] };

  it("is the answer that is replied to, unless its round is remembered", () => {
    expect(forgottenAnswer({ ...message, quotedAnswer }, { ...shown, rounds: [] })).toEqual([quotedAnswer]);
    expect(forgottenAnswer({ ...message, quotedAnswer }, shown)).toEqual([]);
    const nameless = { ...round, messageId: undefined as never };
    expect(forgottenAnswer(message, { ...shown, rounds: [nameless] })).toEqual([]);
  });

  it("is the answer where rounds are remembered and not shown", () => {
    const settings = { contextMode: "off" } as const;
    expect(forgottenAnswer({ ...message, quotedAnswer }, { ...shown, settings })).toEqual([quotedAnswer]);
  });
});

describe("unseen", () => {
  const said = [
    { messageId: "m1", author: "Bob", text: "how?" },
    { messageId: "m2", author: "Bob", text: "and why?" },
  ];
  const round = { messageId: "m1", author: "Bob", user: "how?", assistant: "So.", atMs: 0 };
  const shown = { settings: {}, generation: "", rounds: [round] };

  it("is what was said after the last remembered round", () => {
    expect(unseen(said, shown)).toEqual([said[1]]);
  });

  it("is what was not answered where rounds are remembered and not shown", () => {
    const before = [{ ...said[0]!, messageId: "m0" }, ...said];
    expect(unseen(before, { ...shown, settings: { contextMode: "off" } })).toEqual([before[0], said[1]]);
  });
});
