import { describe, expect, it } from "vitest";
import { nearMatches } from "./near-matches.ts";

const MODELS = ["smollm2-135m", "smollm2-135m-few-shot", "cria", "llama-7b"];

describe("nearMatches", () => {
  it.each([
    ["smollm2", ["smollm2-135m", "smollm2-135m-few-shot"]],
    ["smolm2-135m", ["smollm2-135m", "smollm2-135m-few-shot"]],
    ["smolm2", ["smollm2-135m", "smollm2-135m-few-shot"]],
    ["lama", ["llama-7b"]],
    ["CRIA2", ["cria"]],
    ["llama", ["llama-7b"]],
    ["gpt-4-turbo", []],
    ["", []],
  ])("finds for %j", (name, matches) => {
    expect(nearMatches(name, MODELS)).toEqual(matches);
  });

  it("gives three at most, the likest first", () => {
    expect(nearMatches("model-a", ["model-xyz", "model-b", "model-c", "model-ab", "model-d"])).toEqual([
      "model-ab",
      "model-b",
      "model-c",
    ]);
  });
});
