import { describe, expect, it } from "vitest";
import { replaceBetweenMarkers } from "./write-table.ts";

describe("replaceBetweenMarkers", () => {
  it("replaces what is between them and nothing else", () => {
    const page = "a\n<!-- bench x -->\nold\n<!-- end x -->\nb\n<!-- bench y -->\n<!-- end y -->\n";
    const replaced = "a\n<!-- bench x -->\nnew\n<!-- end x -->\nb\n<!-- bench y -->\n<!-- end y -->\n";
    expect(replaceBetweenMarkers(page, "x", "new")).toBe(replaced);
    expect(replaceBetweenMarkers(replaced, "x", "new")).toBe(replaced);
  });

  it("refuses a page without the markers", () => {
    expect(() => replaceBetweenMarkers("", "x", "new")).toThrow("no <!-- bench x -->");
  });
});
