import { join } from "node:path";
import { defineConfig } from "vitest/config";

const roots = "{proto,services,bots,deploy,bench,test}";
const notUnit = ["**/*.integration.test.ts", "**/*.model.test.ts", "**/*.browser.test.ts"];
const exclude = ["**/node_modules/**", "**/.cria/**"];
/** Where .ci/run wants each run's counts. */
const reportDir = process.env.CRIA_TEST_REPORTS;

/** A project whose tests start real things: so many of its files run at a time, after the projects before it. */
const slowProject = (name: string, groupOrder: number, maxWorkers: number, ...globalSetup: string[]) => ({
  test: {
    name,
    include: [`${roots}/**/*.${name}.test.ts`],
    exclude,
    maxWorkers,
    sequence: { groupOrder },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ["./test/ensure-redis.ts", ...globalSetup],
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
      {
        test: {
          name: "unit",
          include: [`${roots}/**/*.test.{ts,tsx}`],
          exclude: [...exclude, ...notUnit],
          // Modules are loaded once, not for each file: no test may leave one changed.
          isolate: false,
          setupFiles: ["./services/inference/src/runtime/without-float16-array.fixture.ts"],
          // A slow machine is no fault.
          testTimeout: 20_000,
        },
      },
      // They wait more than they compute.
      slowProject("integration", 1, 2),
      slowProject("model", 2, 1),
      slowProject("browser", 3, 2, "./test/ensure-browser.ts"),
    ],
  },
});
