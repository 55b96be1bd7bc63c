import { describe, expect, it } from "vitest";
import { briefly, createLineWriter } from "./log-lines.ts";

describe("briefly", () => {
  it("shows a pino line's message and own fields", () => {
    const line = JSON.stringify({
      level: 30,
      time: 1,
      pid: 2,
      hostname: "h",
      msg: "model loaded",
      model: "m",
      seconds: 0.3,
    });
    expect(briefly(line)).toBe("model loaded model=m seconds=0.3");
  });

  it("names what is a warning or an error, and an error's message without its stack", () => {
    expect(briefly(JSON.stringify({ level: 40, msg: "slow" }))).toBe("WARN slow");
    const line = JSON.stringify({
      level: 50,
      msg: "failed",
      err: { type: "Error", message: "no disk", stack: "Error: …" },
    });
    expect(briefly(line)).toBe("ERROR failed err=no disk");
  });

  it.each(["plain words", "{ not JSON", '{"a":1}', ""])("leaves %j as it is", (line) => {
    expect(briefly(line)).toBe(line);
  });
});

describe("createLineWriter", () => {
  it("puts the process's name before each line", () => {
    const lines: string[] = [];
    createLineWriter((line) => lines.push(line), false)("web", "listens");
    expect(lines).toEqual(["web       listens"]);
  });

  it("colours the name where asked to", () => {
    const lines: string[] = [];
    createLineWriter((line) => lines.push(line), true)("web", "listens");
    expect(lines[0]).toContain("\u001b[");
  });
});
