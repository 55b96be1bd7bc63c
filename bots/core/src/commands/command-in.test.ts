import { describe, expect, it } from "vitest";
import { commandIn } from "./command-in.ts";
import { isSlashCommand, isStopWord } from "./spoken-commands.ts";

const models = ["smollm2-135m", "cria"];

describe("commandIn", () => {
  it.each(["/etc/hosts looks wrong, why?", "/r/alpacas is fun", "//x", "/.env?", "What is /help?"])(
    "takes %j for a question: paths are no commands",
    (text) => {
      expect(isSlashCommand(text)).toBe(false);
      expect(commandIn(text, models)).toBeUndefined();
    },
  );

  it.each(["/help", "/model cria", "/", "/reset\nnow"])("takes %j for a command", (text) => {
    expect(isSlashCommand(text)).toBe(true);
    expect(commandIn(text, models)).toBeDefined();
  });

  it("says what is wrong with a command that does not exist", () => {
    expect(commandIn("/modle cria", models)).toMatchObject({ nearMatches: ["model"] });
  });

  it("takes words without a slash for a command only where they can be nothing else", () => {
    expect(commandIn("model cria", models)).toEqual({ type: "model", name: "cria" });
    expect(commandIn("status", models)).toEqual({ type: "status" });
    expect(commandIn("system: You are kind.", models)).toEqual({ type: "system", text: "You are kind." });
    expect(commandIn("model airplanes", models)).toBeUndefined();
    expect(commandIn("system requirements of Doom", models)).toBeUndefined();
    expect(commandIn("compare apples oranges in taste", models)).toBeUndefined();
  });
});

describe("isStopWord", () => {
  it("knows the word alone, in any case", () => {
    for (const text of ["stop", "Stop.", " STOP! ", "/stop"]) expect(isStopWord(text)).toBe(true);
    for (const text of ["stop it", "nonstop", "stop?"]) expect(isStopWord(text)).toBe(false);
  });
});
