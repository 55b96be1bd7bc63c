import { defineConfig } from "vitest/config";

const notUnit = ["**/*.integration.test.ts", "**/*.model.test.ts", "**/*.browser.test.ts"];
const exclude = ["**/node_modules/**", "**/.cria/**"];

/**
 * unit: no I/O beyond temporary files, seconds in all. integration: real gRPC, real Redis, real processes.
 * model: the bundled weights. browser: real Chromium. The last three run their files one after another.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{proto,services,bots,deploy,bench,test}/**/*.test.{ts,tsx}"],
          exclude: [...exclude, ...notUnit],
        },
      },
      ...["integration", "model", "browser"].map((name) => ({
        test: {
          name,
          include: [`{proto,services,bots,deploy,bench,test}/**/*.${name}.test.ts`],
          exclude,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      })),
    ],
  },
});
