import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const started: ChildProcess[] = [];

/** One line of the service's log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly port?: number;
  readonly metricsPort?: number;
}

/** The service as a process of its own, on free ports unless the environment says otherwise. */
export function spawnService(env: Readonly<Record<string, string>> = {}) {
  const process = spawn(globalThis.process.execPath, ["--import", "tsx", MAIN], {
    // biome-ignore lint/style/noProcessEnv: a process under test inherits the environment, as any does
    env: { ...globalThis.process.env, CRIA_PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(process);
  const exited = once(process, "exit").then(([code]) => code as number | null);
  let errors = "";
  process.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const log: LogLine[] = [];
  const lines = createInterface({ input: process.stdout });
  lines.on("line", (line) => log.push(JSON.parse(line)));
  return { process, exited, log, errors: () => errors, line: (text: string) => lineWith(lines, log, text, exited) };
}

/** Ends what the test started. */
export async function stopServices(): Promise<void> {
  for (const process of started.splice(0)) {
    if (process.exitCode !== null || process.signalCode !== null) continue;
    process.kill("SIGKILL");
    await once(process, "exit");
  }
}

/** The first line that holds the text, now or later. Rejects when the process ends without it. */
async function lineWith(
  lines: ReturnType<typeof createInterface>,
  log: readonly LogLine[],
  text: string,
  exited: Promise<number | null>,
): Promise<LogLine> {
  for (;;) {
    const found = log.find(({ msg }) => msg.includes(text));
    if (found) return found;
    const ended = exited.then((code) => {
      throw new Error(`the service ended with code ${code} and without the line "${text}"`);
    });
    await Promise.race([once(lines, "line"), ended]);
  }
}
