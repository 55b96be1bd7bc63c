import { describe, expect, it } from "vitest";
import { fixed, literal, toSegments } from "./segments.ts";

describe("toSegments", () => {
  it("joins neighbours alike and leaves empty parts out", () => {
    expect(toSegments([fixed("a"), fixed(""), fixed("b"), literal("c"), literal("d"), fixed("")])).toEqual([
      { text: "ab", literal: false, droppable: false },
      { text: "cd", literal: true, droppable: false },
    ]);
  });

  it("makes each round a group of its own that may be dropped", () => {
    expect(toSegments([fixed("a"), literal("b", 0), fixed("c", 0), fixed("d", 1), fixed("e")])).toEqual([
      { text: "a", literal: false, droppable: false },
      { text: "b", literal: true, droppable: true, dropGroup: 1 },
      { text: "c", literal: false, droppable: true, dropGroup: 1 },
      { text: "d", literal: false, droppable: true, dropGroup: 2 },
      { text: "e", literal: false, droppable: false },
    ]);
  });
});
