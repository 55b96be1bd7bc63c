import { describe, expect, it } from "vitest";
import { fatalClose } from "./close-codes.ts";

describe("fatalClose", () => {
  it.each([4004, 4010, 4011, 4012, 4013, 4014])("has a sentence for %i", (code) => {
    expect(fatalClose(code)).toMatch(/^Discord /);
  });

  it("tells the code where it has no sentence", () => {
    expect(fatalClose(4099)).toContain("4099");
  });
});
