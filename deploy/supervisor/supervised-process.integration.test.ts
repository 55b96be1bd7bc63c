import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { MAX_QUICK_DEATHS } from "./restart-policy.ts";
import { SupervisedProcess } from "./supervised-process.ts";

const running: SupervisedProcess[] = [];
afterEach(() => Promise.all(running.splice(0).map((child) => child.stop())));

function supervise(script: string) {
  const lines = new LineLog();
  const spec = {
    name: "child",
    command: process.execPath,
    args: ["-e", script],
    cwd: ".",
    env: process.env,
    graceMs: 100,
  };
  const child = new SupervisedProcess(spec, {
    onLine: (line) => lines.push(line),
    onGiveUp: (reason) => lines.push(`gave up: ${reason}`),
  });
  running.push(child);
  child.start();
  return { child, lines };
}

/** Lines as they come, and a way to wait for one. */
class LineLog {
  readonly #lines: string[] = [];
  readonly #arrived = new EventTarget();

  push(line: string): void {
    this.#lines.push(line);
    this.#arrived.dispatchEvent(new Event("line"));
  }

  count(pattern: RegExp): number {
    return this.#lines.filter((line) => pattern.test(line)).length;
  }

  async find(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.#lines.find((candidate) => pattern.test(candidate));
      if (line !== undefined) return line;
      await once(this.#arrived, "line");
    }
  }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("SupervisedProcess", () => {
  it("hands on the lines of both outputs", async () => {
    const { lines } = supervise("console.log('to stdout'); console.error('to stderr'); setInterval(() => {}, 1000)");
    expect(await lines.find(/to stdout/)).toBe("to stdout");
    expect(await lines.find(/to stderr/)).toBe("to stderr");
  });

  it("starts again what dies and says how it died", async () => {
    const { lines } = supervise("console.log('pid', process.pid); setTimeout(() => process.exit(7), 50)");
    expect(await lines.find(/died/)).toBe("died (exit code 7); starts again in 0.25 s");
    await lines.find(/starts again in 0.5 s/);
    expect(lines.count(/^pid/)).toBe(2);
  });

  it("starts again what ended by itself, which is no death", async () => {
    const { lines } = supervise("setTimeout(() => process.exit(0), 50)");
    expect(await lines.find(/starts again/)).toBe("ended; starts again in 0.25 s");
  });

  it("gives up on what dies at once, again and again", async () => {
    const { lines } = supervise("process.exit(1)");
    expect(await lines.find(/gave up/)).toBe(
      `gave up: child ended ${MAX_QUICK_DEATHS} times in a row, last with exit code 1`,
    );
  });

  it("gives up on a program that does not exist, naming it", async () => {
    const lines = new LineLog();
    const spec = { name: "ghost", command: "no-such-program", args: [], cwd: ".", env: process.env, graceMs: 0 };
    const child = new SupervisedProcess(spec, {
      onLine: (line) => lines.push(line),
      onGiveUp: (line) => lines.push(line),
    });
    running.push(child);
    child.start();
    expect(await lines.find(/times in a row/)).toContain("no-such-program");
  });

  it("ends a process that ignores SIGTERM, and does not start it again", async () => {
    const { child, lines } = supervise(
      "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log(process.pid)",
    );
    const pid = Number(await lines.find(/^\d+$/));
    await child.stop();
    expect(isAlive(pid)).toBe(false);
    expect(lines.count(/died/)).toBe(0);
  });
});

describe("exit-with-parent", () => {
  it("ends a process whose parent was killed", async () => {
    const preload = new URL("./exit-with-parent.ts", import.meta.url).href;
    const grandchild = `["--import", "tsx", "--import", ${JSON.stringify(preload)}, "-e", "console.log(process.pid); setInterval(() => {}, 1000)"]`;
    const parent = `const c = require("node:child_process").spawn(process.execPath, ${grandchild}, { stdio: ["pipe", "inherit", "inherit"], detached: true });
      c.on("spawn", () => console.log("parent", process.pid)); setInterval(() => {}, 1000);`;
    const { lines } = supervise(parent);
    const pid = Number(await lines.find(/^\d+$/));
    process.kill(Number((await lines.find(/^parent/)).split(" ")[1]), "SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });
});
