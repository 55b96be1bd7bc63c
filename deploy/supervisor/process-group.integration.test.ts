import { afterEach, describe, expect, it } from "vitest";
import { ProcessGroup } from "./process-group.ts";
import type { ProcessSpec } from "./supervised-process.ts";

const groups: ProcessGroup[] = [];

function createGroup() {
  const lines: string[] = [];
  const group = new ProcessGroup((name, line) => lines.push(`${name}: ${line}`));
  groups.push(group);
  return { group, lines };
}

/** A process of ours whose token or configuration is wrong ends with 2. */
const spec = (name: string, script: string, options: Partial<ProcessSpec> = {}): ProcessSpec => ({
  ...{ name, command: process.execPath, args: ["-e", script], cwd: ".", env: process.env, graceMs: 60_000 },
  ...options,
});
const RUN_ON = "setInterval(() => {}, 1000); console.log('up')";

describe("ProcessGroup", () => {
  afterEach(() => Promise.all(groups.splice(0).map((group) => group.stop())));

  it("fails with a process that the others need", async () => {
    const { group } = createGroup();
    group.start(spec("inference", "process.exit(2)"));
    await expect.poll(() => group.failure.aborted, { timeout: 20_000 }).toBe(true);
    expect(group.failure.reason.message).toBe("inference ended with exit code 2");
  });

  it("goes on without one that is optional, and says so", async () => {
    const { group, lines } = createGroup();
    group.start(spec("web", RUN_ON));
    group.start(spec("slack", "console.log('Slack does not take the token'); process.exit(2)", { isOptional: true }));
    const reason = "slack: slack ended with exit code 2; all else runs on. Once that is mended, start again.";
    await expect.poll(() => lines, { timeout: 20_000 }).toEqual(expect.arrayContaining(["web: up", reason]));
    expect(lines).toContain("slack: Slack does not take the token");
    expect(group.failure.aborted).toBe(false);
  });

  it("ends those that stand on others first, and lets each finish within its own grace", async () => {
    const { group, lines } = createGroup();
    const ending = (word: string, afterMs: number) =>
      `process.on("SIGTERM", () => setTimeout(() => { console.log(${JSON.stringify(word)}); process.exit(); }, ${afterMs})); ${RUN_ON}`;
    group.start(spec("base", ending("ended", 0), { isBase: true }));
    group.start(spec("slow bot", ending("last words", 200)));
    group.start(spec("stuck bot", ending("never", 60_000), { graceMs: 100 }));
    await expect.poll(() => lines, { timeout: 20_000 }).toHaveLength(3);
    await group.stop();
    await expect.poll(() => lines.slice(3)).toEqual(["slow bot: last words", "base: ended"]);
  });
});
