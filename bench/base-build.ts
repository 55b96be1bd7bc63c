import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../deploy/settings.ts";
import type { Result } from "./result.ts";

/** The folder of an older build, checked out and installed beside this one: minutes the first time, kept for the next. */
export function baseBuild(commit: string): string {
  const folder = join(tmpdir(), `cria-bench-${commit}`);
  const run = (command: string, args: readonly string[], cwd: string) =>
    execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
  run("git", ["worktree", "prune"], ROOT);
  if (!existsSync(folder)) run("git", ["worktree", "add", "--detach", folder, commit], ROOT);
  if (!existsSync(join(folder, "node_modules"))) run("npm", ["ci"], folder);
  return folder;
}

/** Runs a bench of the build in a folder, in a process of its own. Its figures by name. */
export function runBench(folder: string, bench: string): ReadonlyMap<string, number> {
  const args = ["--import", "tsx", "bench/main.ts", bench, "--json"];
  const lines = execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" }).trim().split("\n");
  return new Map(lines.map((line) => JSON.parse(line) as Result).map(({ name, value }) => [name, value]));
}
