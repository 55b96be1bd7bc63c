import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterDeath, type Death } from "./restart-policy.ts";

/** A process to start. */
export interface ProcessSpec {
  /** For people, as "inference". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** From SIGTERM to the hard end. */
  readonly graceMs: number;
  /** Whether others stand on it, and so end before it. Default false. */
  readonly isBase?: boolean;
  /** Whether the others go on without it. Default false: what they stand on has to run. */
  readonly isOptional?: boolean;
  /** Where it says what went wrong, if not in its output. */
  readonly logFile?: string;
}

/** What a supervised process tells. */
export interface ProcessEvents {
  /** A line of its output, or of the supervisor about it. */
  onLine(line: string): void;
  /** It died too often to be started again. */
  onGiveUp(reason: string): void;
}

const isWindows = process.platform === "win32";

/**
 * Keeps one process running until told to stop. The process leads a group of its own, so Ctrl-C reaches it only through
 * `stop`, and its standard input stays open exactly as long as this process lives: see exit-with-parent.ts.
 */
export class SupervisedProcess {
  readonly #spec: ProcessSpec;
  readonly #events: ProcessEvents;
  #child: ChildProcess | undefined;
  #quickDeaths = 0;
  #retry: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(spec: ProcessSpec, events: ProcessEvents) {
    this.#spec = spec;
    this.#events = events;
  }

  /** Starts it; call once. */
  start(): void {
    const startedAt = performance.now();
    const child = spawn(this.#spec.command, this.#spec.args, {
      cwd: this.#spec.cwd,
      env: this.#spec.env,
      stdio: ["pipe", "pipe", "pipe"],
      detached: !isWindows,
    });
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => this.#events.onLine(line));
    createInterface({ input: child.stderr }).on("line", (line) => this.#events.onLine(line));
    child.stdin.on("error", () => {}); // It closed its end; "exit" follows.
    const ranMs = () => performance.now() - startedAt;
    child.once("error", (error) => this.#onDeath(error.message, { exitCode: null, ranMs: ranMs() }));
    child.once("exit", (exitCode, signal) =>
      this.#onDeath(signal ?? `exit code ${exitCode}`, { exitCode, ranMs: ranMs() }),
    );
  }

  /** Asks it to end, and ends it the hard way after its grace. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#retry);
    const child = this.#child;
    if (!child?.pid) return;
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    signalGroup(child, "SIGTERM");
    const timer = setTimeout(() => signalGroup(child, "SIGKILL"), this.#spec.graceMs);
    await exited;
    clearTimeout(timer);
  }

  #onDeath(how: string, death: Death): void {
    this.#child
      ?.removeAllListeners("exit")
      .removeAllListeners("error")
      .on("error", () => {});
    this.#child = undefined;
    if (this.#isStopping) return;
    const next = afterDeath(this.#quickDeaths, death);
    this.#quickDeaths = next.quickDeaths;
    if (next.type === "give-up") {
      const { name, logFile } = this.#spec;
      const count = next.quickDeaths === 1 ? "" : ` ${next.quickDeaths} times in a row, last`;
      const reason = `${name} ended${count} with ${how}`;
      this.#events.onGiveUp(logFile ? `${reason}; see ${logFile}` : reason);
      return;
    }
    const what = death.exitCode === 0 ? "ended" : `died (${how})`;
    this.#events.onLine(`${what}; starts again in ${next.delayMs / 1000} s`);
    this.#retry = setTimeout(() => this.start(), next.delayMs);
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (isWindows || !child.pid) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // ESRCH: it is gone already.
  }
}
