import { fakeModel } from "@cria/bot-core/testing";
import { ModelState } from "@cria/proto";
import { describe, expect, it } from "vitest";
import { modelChoices } from "./model-choices.ts";

const named = (...names: readonly string[]) => names.map((name) => fakeModel({ name, isDefault: false }));
const values = (models: ReturnType<typeof named>, typed: string) =>
  modelChoices(models, typed).map(({ value }) => value);

describe("modelChoices", () => {
  it("gives 25 of 26, the most that Discord takes", () => {
    const models = named(...Array.from({ length: 26 }, (_, index) => `model-${index}`));
    expect(modelChoices(models, "")).toHaveLength(25);
  });

  it("puts names that begin as typed before those that hold it, and else finds near ones", () => {
    const models = named("small-llama", "llama-7b", "alpaca");
    expect(values(models, "LLAMA")).toEqual(["llama-7b", "small-llama"]);
    expect(values(models, "alpcaa")).toEqual(["alpaca"]);
    expect(values(models, "gpt-oss-120b")).toEqual([]);
  });

  it("shows state and description within 100 characters", () => {
    const [choice] = modelChoices(
      [fakeModel({ name: "m", state: ModelState.BROKEN, description: "word ".repeat(40), isDefault: false })],
      "",
    );
    expect(choice!.name).toMatch(/^m · broken · word .*…$/);
    expect(choice!.name).toHaveLength(100);
  });

  it.each(["", "a"])("cuts a description between characters (%j before them)", (before) => {
    const [choice] = modelChoices([fakeModel({ description: before + "😀".repeat(60) })], "");
    expect(choice!.name).toMatch(/😀…$/u);
  });

  it("leaves out names too long for a choice", () => {
    expect(modelChoices(named("x".repeat(101)), "")).toEqual([]);
  });
});
