import { basename } from "node:path";
import { describe } from "vitest";
import { redisPrograms } from "./redis-server.ts";

/** A suite that runs on each server there is, Redis and Valkey. Where there is none it is skipped, with a line that says so. */
export function describeOnRedis(suite: string, tests: (program: string) => void): void {
  const programs = redisPrograms(process.env);
  for (const program of programs) describe(`${suite}, on ${basename(program)}`, () => tests(program));
  if (programs.length > 0) return;
  process.stderr.write(`skipped: ${suite}, because neither redis-server nor valkey-server is on the PATH\n`);
  describe.skip(suite, () => tests("none"));
}
