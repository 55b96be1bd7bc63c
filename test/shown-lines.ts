import { createLineWriter } from "../deploy/supervisor/log-lines.ts";

/** What `npm start` shows of a process's log lines where its output is no terminal. */
export function shownLines(name: string, logs: readonly string[]): readonly string[] {
  const shown: string[] = [];
  const write = createLineWriter((line) => shown.push(line), { showTimes: true });
  for (const line of logs) write(name, line.trimEnd());
  return shown;
}
