import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MAX_MESSAGE_LENGTH } from "./answer.ts";
import { BOT_ERRORS } from "./bot-error.ts";
import { commandCompletions } from "./commands/command-completions.ts";
import { MAX_PERSONA_LENGTH } from "./commands/parse-command.ts";
import { DEFAULT_WINDOW, MAX_WINDOW } from "./window.ts";

const commands = readFileSync(new URL("../../../docs/commands.md", import.meta.url), "utf8");

describe("docs/commands.md", () => {
  it("has a row for each command and no other", () => {
    const rows = new Set([...commands.matchAll(/^\| `\/(\w+)/gm)].map(([, name]) => name));
    expect([...rows].sort()).toEqual(commandCompletions.map(({ name }) => name).sort());
  });

  it("has a row for each failure and no other", () => {
    const rows = [...commands.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
    expect(rows.sort()).toEqual(Object.keys(BOT_ERRORS).sort());
  });

  it("names the limits as they are", () => {
    expect(commands).toContain(`${MAX_MESSAGE_LENGTH.toLocaleString("en")} characters`);
    expect(commands).toContain(`${MAX_PERSONA_LENGTH.toLocaleString("en")} characters`);
    expect(commands).toContain(`1 to ${MAX_WINDOW}; ${DEFAULT_WINDOW} where nobody set it`);
  });
});
