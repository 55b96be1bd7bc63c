import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../deploy/settings.ts";
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

  it("has a place in docs/benchmarks.md for each suite's table", async () => {
    const page = await readFile(join(ROOT, "docs/benchmarks.md"), "utf8");
    const names = /^Names: (.*);/m.exec(bench("--help").stdout)![1]!.split(", ");
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(page).toMatch(new RegExp(`<!-- bench ${name} -->[^]*<!-- end ${name} -->`));
  });

  it.each([
    [["batch", "bacth"], /^There is no bench bacth; .*\n$/],
    [["--jsno"], /^Unknown option '--jsno'; .*\n$/],
  ])("refuses %j in one line", (words, line) => {
    expect(bench(...words)).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(line) });
  });
});
