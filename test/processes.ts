import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Ids of all processes that descend from this one. */
export function descendants(pid: number): number[] {
  return entriesBelow(pid, listProcesses()).map((entry) => entry.pid);
}

/** The descendant whose command line holds the text. */
export function descendantRunning(pid: number, command: string): number {
  const found = entriesBelow(pid, listProcesses()).find((entry) => entry.command.includes(command));
  if (found === undefined) throw new Error(`process ${pid} has no descendant that runs ${command}`);
  return found.pid;
}

/** Whether a process is there, a zombie not counted. */
export function isAlive(pid: number): boolean {
  return listProcesses().some((entry) => entry.pid === pid);
}

function entriesBelow(pid: number, all: readonly ProcessEntry[]): ProcessEntry[] {
  return all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...entriesBelow(child.pid, all)]);
}

/** All but zombies. From /proc where there is one: a bare Debian has no `ps`. */
function listProcesses(): ProcessEntry[] {
  return existsSync("/proc/self/stat") ? readdirSync("/proc").flatMap(readProc) : listByPs();
}

function readProc(name: string): ProcessEntry[] {
  if (!/^\d+$/.test(name)) return [];
  try {
    // "pid (name) state parent …", and a name may hold parentheses.
    const [state, parent] = readFileSync(`/proc/${name}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
    return state === "Z" ? [] : [{ pid: Number(name), parent: Number(parent), command }];
  } catch {
    return []; // Gone meanwhile.
  }
}

function listByPs(): ProcessEntry[] {
  const lines = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,stat=,args="], { encoding: "utf8" })
    .trim()
    .split("\n");
  return lines.flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return state === undefined || state.startsWith("Z")
      ? []
      : [{ pid: Number(pid), parent: Number(parent), command: command! }];
  });
}
