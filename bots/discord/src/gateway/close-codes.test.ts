import { describe, expect, it } from "vitest";
import { fatalClose } from "./close-codes.ts";

describe("fatalClose", () => {
  it.each([4004, 4010, 4011, 4012, 4013, 4014])("has a sentence for %i", (code) => {
    expect(fatalClose(code)).toMatch(/^Discord /);
  });

  it.each([1000, 1006, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009])("knows that %i is come back from", (code) => {
    expect(fatalClose(code)).toBeUndefined();
  });
});
