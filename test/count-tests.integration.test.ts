import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../deploy/settings.ts";

const run = promisify(execFile);
let reports: string;
beforeEach(() => {
  reports = mkdtempSync(join(tmpdir(), "cria-reports-"));
});
afterEach(() => rmSync(reports, { recursive: true }));

type Status = "passed" | "failed" | "skipped";

/** One run's report, as vitest writes it: files with their tests' names and how each ended. */
function report(name: string, files: Readonly<Record<string, readonly (readonly [string, Status])[]>>): void {
  const testResults = Object.entries(files).map(([file, tests]) => ({
    name: file,
    assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
  }));
  writeFileSync(join(reports, `${name}.json`), JSON.stringify({ testResults }));
}

/** The exit code and the last line. */
async function count(failedSteps = 0): Promise<readonly [number, string]> {
  const args = [join(ROOT, ".ci/count-tests.mjs"), reports, `${failedSteps}`];
  const { code = 0, stdout } = await run(process.execPath, args).catch((error) => error);
  return [code, stdout];
}

describe("the sum of .ci/run", () => {
  it("counts a test once, however many runs it was in", async () => {
    report("all", { "a.test.ts": [["adds", "passed"]], "b.integration.test.ts": [["serves", "passed"]] });
    report("unit", { "a.test.ts": [["adds", "passed"]] });
    expect(await count()).toEqual([0, "2 passed, 0 failed, 0 skipped\n"]);
  });

  it("counts tests of one name in a file, and in two, apart", async () => {
    const tests = [["adds", "passed"] as const, ["adds", "passed"] as const];
    report("all", { "a.test.ts": tests, "b.test.ts": tests });
    expect(await count()).toEqual([0, "4 passed, 0 failed, 0 skipped\n"]);
  });

  it("counts a test as failed that failed in any run, and as skipped that ran in none", async () => {
    report("all", {
      "a.test.ts": [
        ["adds", "passed"],
        ["waits", "skipped"],
        ["subtracts", "skipped"],
      ],
    });
    report("unit", {
      "a.test.ts": [
        ["adds", "failed"],
        ["waits", "skipped"],
        ["subtracts", "passed"],
      ],
    });
    expect(await count()).toEqual([1, "1 passed, 1 failed, 1 skipped\n"]);
  });

  it("counts a step that failed as a failed test, and fails where no test ran", async () => {
    report("all", { "a.test.ts": [["adds", "passed"]] });
    expect(await count(1)).toEqual([1, "1 passed, 1 failed, 0 skipped\n"]);
    rmSync(join(reports, "all.json"));
    expect(await count()).toEqual([1, "0 passed, 0 failed, 0 skipped\n"]);
  });
});
