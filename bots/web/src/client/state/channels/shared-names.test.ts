import { describe, expect, it } from "vitest";
import { nameTag, sharedNames } from "./shared-names.ts";

describe("nameTag", () => {
  const people = [
    { id: "Zk3f-9aXq0bLm2Yw", name: "Ann" },
    { id: "Zk3f-9aXq0bLm2Yw", name: "Ann" },
    { id: "q81Lm2YwZk3f9aXq", name: "Ben" },
  ];
  const tags = (...more: readonly (typeof people)[number][]) => {
    const shared = sharedNames([...people, ...more]);
    return [...people, ...more].map((person) => nameTag(person, shared));
  };

  it("is nothing for who alone has a name, however often", () => {
    expect(tags()).toEqual(["", "", ""]);
  });

  it("tells people of one name apart, in any case", () => {
    expect(tags({ id: "aXq0bLm2YwZk3f-9", name: "ann" })).toEqual(["Zk3f", "Zk3f", "", "aXq0"]);
  });
});
