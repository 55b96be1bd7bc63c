import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { findInstance, type Instance } from "../deploy/instance.ts";
import { freePort } from "../deploy/ports.ts";
import { ROOT } from "../deploy/settings.ts";

/** An `npm start` as a user's terminal has it: a process group of its own, its output line by line. */
export class LocalRun {
  readonly webUrl: string;
  readonly #child: ChildProcess;
  readonly #stateDir: string;
  readonly #lines: string[] = [];
  readonly #changed = new EventTarget();
  #isOver = false;

  private constructor(child: ChildProcess, stateDir: string, webPort: number) {
    this.#child = child;
    this.#stateDir = stateDir;
    this.webUrl = `http://127.0.0.1:${webPort}`;
    for (const stream of [child.stdout!, child.stderr!])
      createInterface({ input: stream }).on("line", (line) => this.#add(line));
    child.once("close", () => {
      this.#isOver = true;
      this.#changed.dispatchEvent(new Event("change"));
    });
  }

  /** Starts it on a free port for the page; `CRIA_STATE_DIR` is required, so that it meets no other run. */
  static async start(env: NodeJS.ProcessEnv & { readonly CRIA_STATE_DIR: string }): Promise<LocalRun> {
    const port = Number(env.CRIA_WEB_PORT ?? (await freePort("127.0.0.1")));
    const child = spawn("npm", ["start"], {
      cwd: ROOT,
      env: { ...process.env, CRIA_REDIS_URL: "", CRIA_INFERENCE_ADDRESS: "", ...env, CRIA_WEB_PORT: `${port}` },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    return new LocalRun(child, env.CRIA_STATE_DIR, port);
  }

  /** Of npm itself. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** All it has printed. */
  get output(): string {
    return this.#lines.join("\n");
  }

  /** The first line that matches, once it is there. Rejects with all output if the run ends without it. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.#lines.find((candidate) => pattern.test(candidate));
      if (line !== undefined) return line;
      if (this.#isOver) throw new Error(`npm start ended without ${pattern}:\n${this.output}`);
      await once(this.#changed, "change");
    }
  }

  /** Where its parts listen. */
  async instance(): Promise<Instance> {
    const instance = await findInstance(this.#stateDir);
    if (!instance) throw new Error(`no instance in ${this.#stateDir}:\n${this.output}`);
    return instance;
  }

  /** Resolves with its exit code when it is over. */
  async exitCode(): Promise<number | null> {
    if (!this.#isOver) await once(this.#child, "close");
    return this.#child.exitCode;
  }

  /** Ctrl-C. Resolves when it is over, with the milliseconds that took. */
  async stop(): Promise<number> {
    const startedAt = performance.now();
    if (!this.#isOver) process.kill(-this.pid, "SIGINT");
    await this.exitCode();
    return performance.now() - startedAt;
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#changed.dispatchEvent(new Event("change"));
  }
}
