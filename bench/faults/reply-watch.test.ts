import { describe, expect, it } from "vitest";
import type { EndedReply } from "./fault-bench.ts";
import { ReplyWatch } from "./reply-watch.ts";

const ended = (id: string, shown = "Hello."): EndedReply => ({ id, shown });

/** What a watch says after it has looked at each of these. */
function watched(...looks: readonly (readonly (readonly EndedReply[])[])[]): ReplyWatch {
  let now = looks[0]!;
  const watch = new ReplyWatch(() => now);
  for (now of looks) watch.look();
  return watch;
}

describe("ReplyWatch", () => {
  it("counts questions without an answer, with one and with two", () => {
    const { numUnanswered, numAnswered, numAnsweredTwice } = watched([[], [ended("a")], [ended("b"), ended("c")]]);
    expect({ numUnanswered, numAnswered, numAnsweredTwice }).toEqual({
      numUnanswered: 1,
      numAnswered: 2,
      numAnsweredTwice: 1,
    });
  });

  it.each([
    ["is as it was", [ended("a")], 0],
    ["says something else", [ended("a", "Hello again.")], 1],
    ["goes on", [], 1],
  ])("counts what had ended and then %s", (_, later, count) => {
    expect(watched([[ended("a")]], [later]).numOverwritten).toBe(count);
  });

  it("counts what changed and changed back", () => {
    expect(watched([[ended("a")]], [[]], [[ended("a")]]).numOverwritten).toBe(1);
  });
});
