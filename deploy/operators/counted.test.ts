import { expect, it } from "vitest";
import { counted } from "./counted.ts";

it.each([
  [0, "0 lines"],
  [1, "1 line"],
  [2, "2 lines"],
])("counts %i", (count, words) => {
  expect(counted(count, "line")).toBe(words);
});
