import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { BOT, type Person } from "../../../wire.ts";
import type { MessageView } from "../../state/channels/channel-state.ts";
import { dayLabel, type MessageRow, type TimelineRow, timelineRows } from "./timeline-rows.ts";

const MINUTE = 60_000;
const NOON = new Date(2026, 10, 24, 12).getTime();
const ada: Person = { id: "ada", name: "Ada" };

function view(id: string, author: Person, atMs: number, answers?: string): MessageView {
  const answered = answers === undefined ? {} : { answers: { messageId: answers, authorName: "Ada" } };
  return {
    message: { id, author, atMs, ...answered },
    text: signal(""),
    state: signal(undefined),
    versions: signal([]),
    shownVersion: signal(undefined),
    isEdited: signal(false),
    rated: signal(undefined),
    replyId: signal(undefined),
    ratings: new Map(),
  };
}

const shape = (views: readonly MessageView[], isDirect = false) =>
  timelineRows(views, NOON, isDirect).map((row) => (row.type === "message" ? [row.key, row.isFirst] : labelOf(row)));

function labelOf(row: Exclude<TimelineRow, MessageRow>): unknown {
  if (row.type === "notice") return `${row.view.message.author.name} did`;
  return row.type === "day" ? row.label : row.rows.map(({ key, isFirst }) => [key, isFirst]);
}

describe("timelineRows", () => {
  it("puts messages of one author under one name", () => {
    const views = [
      view("a", ada, NOON),
      view("b", ada, NOON + MINUTE),
      view("c", { id: "ben", name: "Ben" }, NOON + MINUTE),
    ];
    expect(shape(views)).toEqual(["Today", ["a", true], ["b", false], ["c", true]]);
  });

  it("begins anew after five minutes, and with each reply", () => {
    const views = [
      view("a", ada, NOON),
      view("b", ada, NOON + 6 * MINUTE),
      view("c", BOT, NOON + 7 * MINUTE, "a"),
      view("d", BOT, NOON + 7 * MINUTE, "b"),
    ];
    expect(shape(views)).toEqual(["Today", ["a", true], ["b", true], ["c", true], ["d", true]]);
  });

  it("draws a line between days", () => {
    const views = [view("a", ada, NOON - 24 * 60 * MINUTE), view("b", ada, NOON)];
    expect(shape(views)).toEqual(["Yesterday", ["a", true], "Today", ["b", true]]);
  });

  it("says whom a reply answers, except right under the question in a direct message", () => {
    const views = [view("a", ada, NOON), view("b", BOT, NOON, "a"), view("c", BOT, NOON, "a")];
    const shows = (isDirect: boolean) =>
      timelineRows(views, NOON, isDirect).map((row) => row.type === "message" && row.showsAnswers);
    expect(shows(false)).toEqual([false, false, true, true]);
    expect(shows(true)).toEqual([false, false, false, true]);
  });

  it("puts the two replies of a comparison side by side, and those of the next one", () => {
    const compared = (id: string) => ({
      ...view(id, BOT, NOON, "a"),
      message: { ...view(id, BOT, NOON, "a").message, isCompared: true },
    });
    const views = [view("a", ada, NOON), ...["b", "c", "d", "e"].map(compared), view("f", BOT, NOON, "a")];
    const pairs = [
      [
        ["b", true],
        ["c", true],
      ],
      [
        ["d", true],
        ["e", true],
      ],
    ];
    expect(shape(views)).toEqual(["Today", ["a", true], ...pairs, ["f", true]]);
    const whole = timelineRows(views, NOON, true).flatMap((row) => (row.type === "compared" ? row.rows : []));
    expect(whole.map(({ showsAnswers }) => showsAnswers)).toEqual([false, false, true, true]);
  });

  it("says what somebody did in a line, after which a message begins anew", () => {
    const notice = { ...view("b", ada, NOON), message: { ...view("b", ada, NOON).message, isNotice: true } };
    expect(shape([view("a", ada, NOON), notice, view("c", ada, NOON)])).toEqual([
      "Today",
      ["a", true],
      "Ada did",
      ["c", true],
    ]);
  });

  it("knows the newest reply, whose buttons are to be seen", () => {
    const views = [view("a", ada, NOON), view("b", BOT, NOON, "a"), view("c", BOT, NOON, "a"), view("d", ada, NOON)];
    const newest = timelineRows(views, NOON, true).flatMap((row) =>
      row.type === "message" && row.isNewest ? row.key : [],
    );
    expect(newest).toEqual(["c"]);
  });

  it("offers Retry at the latest answer to a question only", () => {
    const views = [view("a", ada, NOON), view("b", BOT, NOON, "a"), view("c", BOT, NOON, "a")];
    const latest = timelineRows(views, NOON, true).map((row) => row.type === "message" && row.isLatestAnswer);
    expect(latest).toEqual([false, false, false, true]);
  });
});

describe("dayLabel", () => {
  it("gives the date of older days, with the year where it is another", () => {
    expect(dayLabel(new Date(2026, 10, 2).getTime(), NOON)).toBe("Monday, November 2");
    expect(dayLabel(new Date(2025, 11, 24).getTime(), NOON)).toBe("Wednesday, December 24, 2025");
  });
});
