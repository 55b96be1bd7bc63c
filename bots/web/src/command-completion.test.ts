import { describe, expect, it } from "vitest";
import { completeCommand } from "./command-completion.ts";
import type { ModelChoice } from "./wire.ts";

const MODELS: readonly ModelChoice[] = [
  { name: "smollm2-135m", description: "Small.", state: "loaded", isDefault: true },
  { name: "big", description: "Big.", state: "available", isDefault: false },
  { name: "torn", description: "Torn.", state: "broken", error: "tokenizer.json is missing.", isDefault: false },
];
const complete = (text: string) =>
  completeCommand(text, { models: async () => MODELS, modelInUse: async () => "smollm2-135m" });
const textsFor = async (text: string) => (await complete(text)).map((completion) => completion.text);

describe("completeCommand", () => {
  it("offers every command after a slash", async () => {
    const settings = ["/model ", "/system ", "/context ", "/setting "];
    const others = ["/compare ", "/reset", "/feedback ", "/status", "/help"];
    expect(await textsFor("/")).toEqual([...settings, ...others]);
  });

  it("offers the commands that begin so, whatever their case", async () => {
    expect(await textsFor("/S")).toEqual(["/system ", "/setting ", "/status"]);
    expect(await textsFor("/x")).toEqual([]);
  });

  it("offers models with state and description, and says which is in use and why one cannot be chosen", async () => {
    expect(await complete("/model ")).toEqual([
      { text: "/model smollm2-135m", label: "smollm2-135m", description: "loaded · Small.", isInUse: true },
      { text: "/model big", label: "big", description: "loads on first use · Big." },
      {
        text: "/model torn",
        label: "torn",
        description: "broken · Torn.",
        disabledReason: "broken · tokenizer.json is missing.",
      },
    ]);
    expect(await textsFor("/model 135")).toEqual(["/model smollm2-135m"]);
  });

  it("offers both models of a comparison, and leaves the question to people", async () => {
    expect(await textsFor("/compare 135")).toEqual(["/compare smollm2-135m "]);
    expect(await textsFor("/compare smollm2-135m ")).not.toContain("/compare smollm2-135m smollm2-135m ");
    expect(await textsFor("/compare smollm2-135m bi")).toEqual(["/compare smollm2-135m big "]);
    expect(await textsFor("/compare smollm2-135m big Wh")).toEqual([]);
  });

  it("offers the values an argument has", async () => {
    expect(await textsFor("/context t")).toEqual(["/context turns"]);
    expect(await textsFor("/setting ")).toEqual(["/setting names "]);
    expect(await textsFor("/setting names o")).toEqual(["/setting names on ", "/setting names off "]);
  });

  it.each(["", "hello", "/system You are", "/model a b", "/nothing x", "hello /model"])(
    "offers nothing for %j",
    async (text) => {
      expect(await complete(text)).toEqual([]);
    },
  );
});
