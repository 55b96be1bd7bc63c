import { describe, expect, it } from "vitest";
import { shownPath } from "./shown-path.ts";

describe("shownPath", () => {
  it.each([
    ["/cria/.cria/redis", ".cria/redis"],
    ["/cria/..state/redis", "..state/redis"],
    ["/tmp/state/redis", "/tmp/state/redis"],
  ])("shows %s as %s", (path, shown) => {
    expect(shownPath("/cria", path)).toBe(shown);
  });
});
