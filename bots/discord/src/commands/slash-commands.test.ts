import { commandCompletions, parseCommand } from "@cria/bot-core";
import { describe, expect, it } from "vitest";
import { DISCORD_WORDS } from "../words.ts";
import { commandWords, isLook } from "./command-words.ts";
import { SLASH_COMMANDS } from "./slash-commands.ts";

/** An interaction as far as its words go. */
function interaction(commandName: string, values: Readonly<Record<string, string | number>> = {}) {
  const data = Object.entries(values).map(([name, value]) => ({ name, value }));
  const getString = (name: string) => values[name] ?? null;
  return { commandName, options: { data, getString } } as unknown as Parameters<typeof commandWords>[0];
}

describe("SLASH_COMMANDS", () => {
  it("are all commands there are, within Discord's limits", () => {
    expect(SLASH_COMMANDS.map(({ name }) => name)).toEqual(commandCompletions.map(({ name }) => name));
    for (const { name, description } of SLASH_COMMANDS) {
      expect(name).toMatch(/^[a-z]{1,32}$/);
      expect(description.length).toBeLessThanOrEqual(100);
    }
  });
});

describe("commandWords", () => {
  it.each([
    ["model", {}, { type: "model" }],
    ["model", { name: "other", where: "channel" }, { type: "model", name: "other", scope: "channel" }],
    ["system", { persona: "You are a teacher." }, { type: "system", text: "You are a teacher." }],
    [
      "context",
      { mode: "merged", rounds: 4, where: "workspace" },
      { type: "context", mode: "merged", window: 4, scope: "workspace" },
    ],
    [
      "compare",
      { first: "a", second: "b", question: "why so?" },
      { type: "compare", models: ["a", "b"], text: "why so?" },
    ],
    [
      "setting",
      { name: "threads", state: "on", where: "workspace" },
      { type: "setting", name: "threads", value: "on", scope: "workspace" },
    ],
    ["setting", { name: "answer-all" }, { type: "setting", name: "answer-all" }],
    ["feedback", { state: "on" }, { type: "feedback", isOn: true }],
    ["reset", {}, { type: "reset" }],
  ] as const)("/%s %j is understood as by words", (name, values, command) => {
    expect(parseCommand(commandWords(interaction(name, values)), DISCORD_WORDS)).toEqual(command);
  });
});

describe("isLook", () => {
  it("is said of commands that change nothing", () => {
    expect(
      [
        interaction("status"),
        interaction("help"),
        interaction("model"),
        interaction("setting", { name: "names" }),
      ].every(isLook),
    ).toBe(true);
    expect([interaction("reset"), interaction("model", { name: "m" })].some(isLook)).toBe(false);
  });
});
