import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { bundleProgram } from "../test/bundle-program.ts";

let main: string;
beforeAll(async () => {
  main = await bundleProgram("bench/main.ts");
});

function bench(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { encoding: "utf8" });
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
