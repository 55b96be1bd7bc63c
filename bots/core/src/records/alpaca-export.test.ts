import { describe, expect, it } from "vitest";
import { toAlpaca } from "./alpaca-export.ts";
import type { Rating } from "./feedback.ts";

const rating = (fields: Partial<Rating>): Rating => ({
  atMs: 1,
  conversation: "web:local:general",
  replyId: "r1",
  authorId: "u1",
  rating: "up",
  question: "Sum up",
  context: "A text.",
  reply: "Short.",
  model: "m",
  ...fields,
});

describe("toAlpaca", () => {
  it("makes an example of a reply that was liked", () => {
    expect(toAlpaca([rating({})])).toEqual([{ instruction: "Sum up", input: "A text.", output: "Short." }]);
  });

  it("leaves out what was not liked", () => {
    expect(toAlpaca([rating({ rating: "down" })])).toEqual([]);
    expect(toAlpaca([rating({}), rating({ authorId: "u2", rating: "down" })])).toEqual([]);
  });

  it("counts each person's last word once", () => {
    expect(toAlpaca([rating({}), rating({ rating: "down" })])).toEqual([]);
    expect(toAlpaca([rating({ rating: "down" }), rating({}), rating({})])).toHaveLength(1);
    const split = [rating({}), rating({ authorId: "u2" }), rating({ authorId: "u3", rating: "down" })];
    expect(toAlpaca(split)).toHaveLength(1);
  });

  it("keeps replies of different conversations apart", () => {
    expect(toAlpaca([rating({}), rating({ conversation: "web:local:random" })])).toHaveLength(2);
  });
});
