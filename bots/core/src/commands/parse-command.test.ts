import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_WORDS } from "../port/words.ts";
import { commandCompletions } from "./command-completions.ts";
import { parseCommand } from "./parse-command.ts";

const parse = (text: string) => parseCommand(text, DEFAULT_WORDS);

describe("parseCommand", () => {
  it.each([
    ["/model", { type: "model" }],
    ["model SmolLM2-135m", { type: "model", name: "smollm2-135m" }],
    ["  / MODEL  x ", { type: "model", name: "x" }],
    ["/reset", { type: "reset" }],
    ["/system", { type: "system" }],
    ["/system You are\na Pirate. ", { type: "system", text: "You are\na Pirate." }],
    ["/context", { type: "context" }],
    ["/context merged", { type: "context", mode: "merged" }],
    ["/context default", { type: "context", mode: "default" }],
    ["/context --channel Default", { type: "context", mode: "default", scope: "channel" }],
    ["/context 8", { type: "context", window: 8 }],
    ["/context 8 Turns", { type: "context", window: 8, mode: "turns" }],
    ["/context off 50", { type: "context", window: 50, mode: "off" }],
    ["/model --channel a", { type: "model", name: "a", scope: "channel" }],
    ["/model --Workspace default", { type: "model", name: "default", scope: "workspace" }],
    ["/system --channel You are --channel", { type: "system", text: "You are --channel", scope: "channel" }],
    ["/context --workspace merged 4", { type: "context", mode: "merged", window: 4, scope: "workspace" }],
    ["/compare A b Who are\nyou?", { type: "compare", models: ["a", "b"], text: "Who are\nyou?" }],
    ["/setting", { type: "setting" }],
    ["/setting Names", { type: "setting", name: "names" }],
    ["/setting --workspace names OFF", { type: "setting", name: "names", value: "off", scope: "workspace" }],
    ["/setting names default", { type: "setting", name: "names", value: "default" }],
    ["/feedback", { type: "feedback" }],
    ["/feedback ON", { type: "feedback", isOn: true }],
    ["/feedback off", { type: "feedback", isOn: false }],
    ["/status", { type: "status" }],
    ["/help", { type: "help" }],
  ])("reads %j", (text, command) => {
    expect(parse(text)).toEqual(command);
  });

  it.each([
    ["/modle", ["model"], "There is no command `/modle`. Did you mean `/model`?"],
    ["/st", ["status", "system"], "There is no command `/st`. Did you mean `/status` or `/system`?"],
    ["/re", ["reset", "compare"], "There is no command `/re`. Did you mean `/reset` or `/compare`?"],
    [
      "/e",
      ["model", "system", "context"],
      "There is no command `/e`. Did you mean `/model` or `/system` or `/context`?",
    ],
    ["/frobnicate", [], "There is no command `/frobnicate`. See `/help`."],
    ["/stop", [], "No command is needed to stop. The Stop button of a reply stops it."],
    ["stop now", [], "No command is needed to stop. The Stop button of a reply stops it."],
    ["/", [], "Which command? See `/help`."],
    ["", [], "Which command? See `/help`."],
    ["/`code`", [], "There is no command `/code`. See `/help`."],
    [`/setting a${"😀".repeat(40)} on`, [], `There is no setting \`a${"😀".repeat(15)}…\`; there is \`names\`.`],
    ["/setting name on", ["names"], "There is no setting `name`; there is `names`."],
    ["/setting threads on", [], "There is no setting `threads`; there is `names`."],
    ["/setting names of", ["off", "on"], "`/setting names` takes `on`, `off` or `default`."],
    ["/setting names on now", ["on", "off"], "`/setting names` takes `on`, `off` or `default`."],
    ["/feedback of", ["off", "on"], "`/feedback` takes `on` or `off`."],
    [
      "/compare a b",
      [],
      "`/compare` takes two models and a question, as in `/compare smollm2-135m smollm2-135m-few-shot Who are you?`",
    ],
    [
      "/compare A a Why?",
      [],
      "`/compare` takes two models, and both are `a`. Name another for one of them; `/model` lists all.",
    ],
    ["/reset now", [], "`/reset` takes nothing after it."],
    ["/model a b", [], "`/model` takes one name, as in `/model smollm2-135m`."],
    [
      "/context turn",
      ["turns"],
      "`/context` takes `off`, `turns`, `merged` or `default`, and a number of rounds, as in `/context turns 6`.",
    ],
    [
      "/context 1 2",
      [],
      "`/context` takes `off`, `turns`, `merged` or `default`, and a number of rounds, as in `/context turns 6`.",
    ],
    ["/context 0", [], "The window cannot be 0 rounds; it must be 1 to 50. `/context off` puts none into a prompt."],
    ["/context 51", [], "The window cannot be 51 rounds; it must be 1 to 50. `/context off` puts none into a prompt."],
  ])("refuses %j with what comes near", (text, nearMatches, error) => {
    expect(parse(text)).toEqual({ error, nearMatches });
  });

  it("writes commands and how to stop as people of the platform do", () => {
    const words = { ...DEFAULT_WORDS, commandPrefix: "/cria ", howToStop: "The word stops it." };
    const errorOf = (text: string) => parseCommand(text, words);
    expect(errorOf("/modle")).toMatchObject({
      error: "There is no command `/cria modle`. Did you mean `/cria model`?",
    });
    expect(errorOf("/reset /help")).toMatchObject({ error: "`/cria reset` takes nothing after it." });
    expect(errorOf("/stop")).toMatchObject({ error: "No command is needed to stop. The word stops it." });
  });

  it("refuses a persona that is too long, with both figures", () => {
    expect(parse(`/system ${"a".repeat(8_001)}`)).toEqual({
      error: "A persona may have 8000 characters; this one has 8001. Shorten it.",
      nearMatches: [],
    });
  });

  it("knows every command that is completed", () => {
    for (const { name } of commandCompletions.filter((completion) => completion.name !== "compare"))
      expect(parse(`/${name}`)).toEqual({ type: name });
    expect(parse("/compare")).toMatchObject({ error: expect.stringMatching(/^`\/compare` takes two models/) });
  });

  it("makes a command or an error of any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const result = parse(text);
        expect("type" in result || result.error.length > 0).toBe(true);
      }),
    );
  });
});
