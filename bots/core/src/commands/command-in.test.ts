import { describe, expect, it } from "vitest";
import { DEFAULT_WORDS } from "../port/words.ts";
import { commandIn } from "./command-in.ts";
import { isSlashCommand, isStopWord } from "./spoken-commands.ts";

const given = { models: ["smollm2-135m", "cria"], words: DEFAULT_WORDS };

describe("commandIn", () => {
  it.each(["/etc/hosts looks wrong, why?", "/r/alpacas is fun", "//x", "/.env?", "/tmp is full", "What is /help?"])(
    "takes %j for a question: paths are no commands",
    (text) => {
      expect(isSlashCommand(text)).toBe(false);
      expect(commandIn(text, given)).toBeUndefined();
    },
  );

  it.each(["/help", "/model cria", "/", "/tmp", "/stop it", "/reset\nnow"])("takes %j for a command", (text) => {
    expect(isSlashCommand(text)).toBe(true);
    expect(commandIn(text, given)).toBeDefined();
  });

  it("says what is wrong with a command that does not exist", () => {
    expect(commandIn("/modle cria", given)).toMatchObject({ nearMatches: ["model"] });
  });

  it("takes words without a slash for a command only where they can be nothing else", () => {
    expect(commandIn("model cria", given)).toEqual({ type: "model", name: "cria" });
    expect(commandIn("status", given)).toEqual({ type: "status" });
    expect(commandIn("system: You are kind.", given)).toEqual({ type: "system", text: "You are kind." });
    expect(commandIn("model airplanes", given)).toBeUndefined();
    expect(commandIn("system requirements of Doom", given)).toBeUndefined();
    expect(commandIn("compare apples oranges in taste", given)).toBeUndefined();
  });
});

describe("isStopWord", () => {
  it("knows the word alone, in any case", () => {
    for (const text of ["stop", "Stop.", " STOP! ", "/stop"]) expect(isStopWord(text)).toBe(true);
    for (const text of ["stop it", "nonstop", "stop?"]) expect(isStopWord(text)).toBe(false);
  });
});
