import { describe, expect, it } from "vitest";
import { nearestNames } from "./nearest-names.ts";

const names = ["smollm2-135m", "smollm2-135m-few-shot", "llama-7b", "alpaca-7b", "nobase"];

describe("nearestNames", () => {
  it.each([
    ["smollm-135m", ["smollm2-135m", "smollm2-135m-few-shot"]],
    ["SmolLM2", ["smollm2-135m", "smollm2-135m-few-shot"]],
    ["smolm2", ["smollm2-135m", "smollm2-135m-few-shot"]],
    ["smollmm2", ["smollm2-135m", "smollm2-135m-few-shot"]],
    ["few-shot", ["smollm2-135m-few-shot"]],
    ["lama-7b", ["llama-7b", "alpaca-7b"]],
    ["gpt-4o", []],
    ["nope", []],
    ["", []],
  ])("takes %j for %j", (typed, nearest) => {
    expect(nearestNames(typed, names)).toEqual(nearest);
  });

  it("looks at a name of any length", () => {
    expect(nearestNames("x".repeat(1_000_000), names)).toEqual([]);
  });
});
