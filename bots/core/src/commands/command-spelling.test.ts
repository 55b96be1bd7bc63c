import { describe, expect, it } from "vitest";
import { HOW_TO_STOP, spellCommands } from "./command-spelling.ts";

describe("spellCommands", () => {
  it.each([
    ["Choose another with /model: big.", "Choose another with /cria model: big."],
    ["- `/context [off]`: how\n- `/help`: this list", "- `/cria context [off]`: how\n- `/cria help`: this list"],
    ["`/cria help` and /etc/model and a/model stay", "`/cria help` and /etc/model and a/model stay"],
    ["The persona here:\n\n> Say /help.", "The persona here:\n\n> Say /help."],
    [
      HOW_TO_STOP,
      "The word `stop` in the thread of a reply stops it, and so does the Stop button beside the message field.",
    ],
  ])("writes them for Slack: %s", (text, expected) => {
    expect(spellCommands(text, "slack")).toBe(expected);
  });

  it("leaves them as they are where the slash is enough", () => {
    expect(spellCommands(`See \`/help\`. ${HOW_TO_STOP}`, "discord")).toBe(
      "See `/help`. The Stop button of a reply stops it.",
    );
  });
});
