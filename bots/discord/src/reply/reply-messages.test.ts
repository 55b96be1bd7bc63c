import type { Message } from "discord.js";
import { describe, expect, it } from "vitest";
import { buttonRow } from "./buttons.ts";
import { carriesEnd, messageIds } from "./reply-messages.ts";

const message = (content: string, ...buttons: Parameters<typeof buttonRow>[1]) =>
  ({ content, components: buttonRow("r1", buttons) }) as unknown as Message;

describe("carriesEnd", () => {
  it("is true of what has the buttons of an end, figures or a failure", () => {
    expect(carriesEnd(message("Words.", "regenerate"))).toBe(true);
    expect(carriesEnd(message("Words.\n-# fake · 0.04 s to first token · 61 tokens"))).toBe(true);
    expect(carriesEnd(message("Words.\n-# Stopped. · fake · 0.04 s to first token · 1 token"))).toBe(true);
    expect(carriesEnd(message("Words.\n-# ⚠️ It cannot go on."))).toBe(true);
    expect(carriesEnd(message("⚠️ It cannot begin."))).toBe(true);
  });

  it("is false of what is being written, also where Stop was pressed or another message follows", () => {
    expect(carriesEnd(message("Words", "stop"))).toBe(false);
    expect(carriesEnd(message("Words"))).toBe(false);
    expect(carriesEnd(message("-# Reading 512 tokens…"))).toBe(false);
    expect(carriesEnd(message("-# Reading 512 tokens, 12 from the cache…"))).toBe(false);
  });
});

describe("messageIds", () => {
  it("are those of a handle", () => {
    expect([messageIds("1,2"), messageIds("")]).toEqual([["1", "2"], []]);
  });
});
