import { describe, expect, it } from "vitest";
import { nextIndex } from "../move-within.ts";
import { completionAction } from "./completion-choice.ts";
import { mentionCompletions } from "./completions.ts";
import { sendingObstacle } from "./sending-obstacle.ts";

const choices = [
  { text: "/model a", label: "a", description: "" },
  { text: "/model b", label: "b", description: "", disabledReason: "broken" },
];
const act = (key: string, activeIndex = 0, text = "/model ", shiftKey = false) =>
  completionAction({ key, shiftKey }, { choices, activeIndex, text });

describe("completionAction", () => {
  it("moves in a ring, chooses and closes", () => {
    expect(act("ArrowDown")).toEqual({ type: "move", index: 1 });
    expect(act("ArrowUp")).toEqual({ type: "move", index: 1 });
    expect(act("Enter")).toEqual({ type: "choose", completion: choices[0] });
    expect(act("Tab")).toEqual({ type: "choose", completion: choices[0] });
    expect(act("Escape")).toEqual({ type: "close" });
  });

  it("does not choose what is broken", () => {
    expect(act("Enter", 1)).toEqual({ type: "refuse" });
  });

  it("leaves Enter to a text that is complete, and other keys to the composer", () => {
    expect(act("Enter", 0, "/model a")).toBeUndefined();
    for (const key of ["x", "Home", "ArrowLeft"]) expect(act(key)).toBeUndefined();
    expect(act("Enter", 0, "/model ", true)).toBeUndefined();
    expect(act("Tab", 0, "/model ", true)).toBeUndefined();
    expect(act("Enter", 7)).toBeUndefined();
  });
});

describe("mentionCompletions", () => {
  it.each([
    ["@", "@cria "],
    ["hey @cR", "hey @cria "],
    ["hey\n@cria", "hey\n@cria "],
  ])("completes %j to %j", (text, completed) => {
    expect(mentionCompletions(text).map((completion) => completion.text)).toEqual([completed]);
  });

  it.each(["", "mail ada@c", "@cria ", "@x", "@criat"])("offers nothing for %j", (text) => {
    expect(mentionCompletions(text)).toEqual([]);
  });
});

describe("nextIndex", () => {
  it("leads through a ring, to its ends, and nowhere in an empty list", () => {
    expect([nextIndex("ArrowDown", 2, 3), nextIndex("ArrowUp", 0, 3), nextIndex("ArrowUp", -1, 3)]).toEqual([0, 2, 2]);
    expect([nextIndex("Home", 2, 3), nextIndex("End", 0, 3), nextIndex("x", 0, 3)]).toEqual([0, 2, undefined]);
    expect(nextIndex("End", 0, 0)).toBeUndefined();
  });
});

describe("sendingObstacle", () => {
  it("names the length of a text that is too long", () => {
    const at = { maxMessageLength: 1_000, filesLength: 0 };
    expect(sendingObstacle(` ${"x".repeat(1_000)} `, at)).toBe("");
    expect(sendingObstacle("x".repeat(1_001), at)).toBe("1,001 characters; at most 1,000 can be sent.");
    expect(sendingObstacle("x".repeat(600), { ...at, filesLength: 500 })).toBe(
      "1,100 characters with the files; at most 1,000 can be sent.",
    );
  });
});
