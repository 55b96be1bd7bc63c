// Adds up the tests of the runs whose vitest reports lie in a folder: `node count-tests.mjs FOLDER FAILED_STEPS`. Plain
// JavaScript, for where nothing could be installed.
import { readdirSync, readFileSync } from "node:fs";

const [dir, failedSteps] = process.argv.slice(2);

/** How each test ended in any run, by file, name, and place among those of that name. */
const endings = new Map();
for (const report of readdirSync(dir)) {
  for (const { name: file, assertionResults } of JSON.parse(readFileSync(`${dir}/${report}`, "utf8")).testResults) {
    const seen = new Map();
    for (const { fullName, status } of assertionResults) {
      const place = (seen.get(fullName) ?? 0) + 1;
      seen.set(fullName, place);
      const key = JSON.stringify([file, fullName, place]);
      endings.set(key, (endings.get(key) ?? new Set()).add(status));
    }
  }
}

const all = [...endings.values()];
const numFailed = all.filter((statuses) => statuses.has("failed")).length;
const numPassed = all.filter((statuses) => statuses.has("passed") && !statuses.has("failed")).length;
const failed = numFailed + Number(failedSteps);
process.stdout.write(`${numPassed} passed, ${failed} failed, ${all.length - numFailed - numPassed} skipped\n`);
process.exitCode = failed > 0 || numPassed === 0 ? 1 : 0;
