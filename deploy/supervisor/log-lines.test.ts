import { describe, expect, it } from "vitest";
import { createLineWriter, type LineOptions } from "./log-lines.ts";

const time = Date.UTC(2026, 0, 31, 12, 34, 56, 789);

/** What is written of lines of the process `web`. */
function written(line: string | object, options?: LineOptions): readonly string[] {
  const lines: string[] = [];
  createLineWriter((text) => lines.push(text), options)("web", typeof line === "string" ? line : JSON.stringify(line));
  return lines;
}

/** An info line as pino writes it. */
const info = (msg: string, more: object = {}) => ({
  level: 30,
  time,
  pid: 2,
  hostname: "h",
  name: "web",
  ...more,
  msg,
});

describe("createLineWriter", () => {
  it("puts the process's name before each line", () => {
    expect(written("listens")).toEqual(["web       listens"]);
  });

  it("colours the name where asked to", () => {
    expect(written("listens", { useColours: true })[0]).toContain("\u001b[");
  });

  it("begins with the time where asked to: a pino line's own", () => {
    expect(written(info("listens"), { showTimes: true })).toEqual(["2026-01-31T12:34:56Z web       listens"]);
    expect(written("plain", { showTimes: true })[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ web {7}plain$/);
  });

  it("shows a pino line's message and those own fields that it does not name", () => {
    expect(written(info("listens on port 3000", { port: 3000, folder: "m", seconds: 0.3 }))).toEqual([
      "web       listens on port 3000 folder=m seconds=0.3",
    ]);
  });

  it.each(["plain words", "{ not JSON", '{"a":1}', ""])("leaves %j as it is", (line) => {
    expect(written(line)).toEqual([`web       ${line}`]);
  });

  it("names what is a warning or an error, with the error's message in one line", () => {
    expect(written({ level: 40, msg: "slow" })).toEqual(["web       WARN slow"]);
    const err = { type: "Error", message: "no disk\n  at all", stack: "Error: no disk\n    at a.ts:1\n    at b.ts:2" };
    expect(written({ level: 50, msg: "failed", err, id: 1 })).toEqual(["web       ERROR failed: no disk at all id=1"]);
    expect(written({ level: 50, msg: "failed", err }, { showStacks: true })).toEqual([
      "web       ERROR failed: no disk at all",
      "    at a.ts:1",
      "    at b.ts:2",
    ]);
  });

  it("writes at most 160 characters of a line, and the whole of a message that says what to do in several", () => {
    const long = "word ".repeat(60).trim();
    for (const options of [{}, { showTimes: true }]) {
      for (const line of [long, info("failed", { err: { message: long } }), info("listens", { long })]) {
        const [text = ""] = written(line, options);
        expect(text).toHaveLength(160);
        expect(text.endsWith("…")).toBe(true);
      }
    }
    const lines = written(info(long, { id: 1 }));
    expect(lines.map((line) => line.length)).toEqual([159, 159]);
    expect(lines.map((line) => line.replace(/^web {7}/, "")).join(" ")).toBe(long);
  });

  it("leaves out what a terminal would obey", () => {
    expect(written(info("re\u001b[31md", { field: "a\u0007b" }))).toEqual(["web       re[31md field=ab"]);
  });

  describe("of a reply", () => {
    const ids = {
      workspace: "web:local",
      conversation: "web:local:general",
      eventId: "e",
      authorId: "a",
      replyId: "r",
    };
    const stats = { model: "smollm2-135m", promptTokens: 9, completionTokens: 1_061, timeToFirstTokenMs: 41 };
    const exchange = (more: object) => info("exchange", { ...ids, totalMs: 521, questionLength: 4, ...more });

    it("is one short line", () => {
      expect(written(exchange({ outcome: "complete", ...stats }))).toEqual([
        "web       answered with smollm2-135m: 1,061 tokens in 0.52 s",
      ]);
      expect(written(exchange({ outcome: "length", ...stats }))).toEqual([
        "web       answered with smollm2-135m: 1,061 tokens in 0.52 s (cut at the length limit)",
      ]);
      expect(written(exchange({ outcome: "stopped" }))).toEqual(["web       answered in 0.52 s (stopped)"]);
      expect(
        written(exchange({ outcome: "length", ...stats, model: "m".repeat(300) }), { showTimes: true })[0],
      ).toHaveLength(160);
    });

    it("is left out where another line tells of it", () => {
      expect(written(exchange({ outcome: "QUEUE_FULL" }))).toEqual([]);
      expect(written(info("generated", { model: "m" }))).toEqual([]);
      expect(written(info("the queue is full", { code: "QUEUE_FULL" }))).toEqual([]);
    });
  });
});
