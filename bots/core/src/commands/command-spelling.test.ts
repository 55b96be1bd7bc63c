import { describe, expect, it } from "vitest";
import { spellCommands } from "./command-spelling.ts";

describe("spellCommands", () => {
  it.each([
    ["Choose another with /model: big.", "Choose another with /cria model: big."],
    ["- `/context [off]`: how\n- `/help`: this list", "- `/cria context [off]`: how\n- `/cria help`: this list"],
    ["`/cria help` and /etc/model and a/model stay", "`/cria help` and /etc/model and a/model stay"],
    ["The persona here:\n\n> Say /help.", "The persona here:\n\n> Say /help."],
  ])("writes them for Slack: %s", (text, expected) => {
    expect(spellCommands(text, "slack")).toBe(expected);
  });

  it("leaves them as they are where the slash is enough", () => {
    expect(spellCommands("See `/help`.", "discord")).toBe("See `/help`.");
  });
});
