import { join } from "node:path";
import { defineConfig } from "vitest/config";

const roots = "{proto,services,bots,deploy,bench,test}";
const notUnit = ["**/*.integration.test.ts", "**/*.model.test.ts", "**/*.browser.test.ts"];
const exclude = ["**/node_modules/**", "**/.cria/**"];
/** Where .ci/run wants each run's counts. */
const reportDir = process.env.CRIA_TEST_REPORTS;

/** A project whose tests start real things: its files run one after another, after the projects before it. */
const slowProject = (name: string, groupOrder: number) => ({
  test: {
    name,
    include: [`${roots}/**/*.${name}.test.ts`],
    exclude,
    fileParallelism: false,
    sequence: { groupOrder },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ["./test/ensure-redis.ts"],
  },
});

/**
 * unit: no I/O beyond temporary files, seconds in all. integration: real gRPC, real Redis, real processes.
 * model: the bundled weights. browser: real Chromium.
 */
export default defineConfig({
  test: {
    reporters: reportDir ? ["default", ["json", { outputFile: join(reportDir, `${Date.now()}.json`) }]] : ["default"],
    projects: [
      { test: { name: "unit", include: [`${roots}/**/*.test.{ts,tsx}`], exclude: [...exclude, ...notUnit] } },
      slowProject("integration", 1),
      slowProject("model", 2),
      slowProject("browser", 3),
    ],
  },
});
