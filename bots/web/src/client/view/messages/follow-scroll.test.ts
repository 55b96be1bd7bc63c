import { describe, expect, it } from "vitest";
import { placeAfterScroll } from "./follow-scroll.ts";

describe("placeAfterScroll", () => {
  it("leaves the end on the shortest way up", () => {
    expect(placeAfterScroll("end", true, 1)).toBe("above");
  });

  it("stays at the end where the content has grown since the way down", () => {
    expect(placeAfterScroll("end", false, 400)).toBe("end");
  });

  it("stays at the end where shrinking content took the list up", () => {
    expect(placeAfterScroll("end", true, 0)).toBe("end");
    expect(placeAfterScroll("end", true, 0.9)).toBe("end");
    expect(placeAfterScroll("end", true, -0.9)).toBe("end");
  });

  it("is at the end again near it on the way down, and not before", () => {
    expect(placeAfterScroll("aboveNews", false, 40)).toBe("end");
    expect(placeAfterScroll("above", false, 400)).toBe("above");
  });

  it("keeps the news of a reader who goes on upwards", () => {
    expect(placeAfterScroll("aboveNews", true, 400)).toBe("aboveNews");
  });
});
