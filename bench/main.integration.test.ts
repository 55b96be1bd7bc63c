import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

function bench(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", MAIN, ...words], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("npm run bench", () => {
  it("tells its usage", () => {
    expect(bench("--help")).toEqual({ status: 0, stdout: expect.stringMatching(/^Usage: npm run bench/), stderr: "" });
  });

  it.each([
    [["batch", "bacth"], /^There is no bench bacth; .*\n$/],
    [["--jsno"], /^Unknown option '--jsno'; .*\n$/],
  ])("refuses %j in one line", (words, line) => {
    expect(bench(...words)).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(line) });
  });
});
