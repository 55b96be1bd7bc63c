import { execFileSync } from "node:child_process";

/** Ids of all processes that descend from this one. */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const line of execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n")) {
    const [child, parent] = line.trim().split(/\s+/).map(Number) as [number, number];
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const below = (id: number): number[] => (children.get(id) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/** The descendant whose command line holds the text. */
export function descendantRunning(pid: number, command: string): number {
  const found = descendants(pid).find((id) => commandLine(id).includes(command));
  if (found === undefined) throw new Error(`process ${pid} has no descendant that runs ${command}`);
  return found;
}

/** Whether a process is there, a zombie not counted. */
export function isAlive(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", `${pid}`], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}

function commandLine(pid: number): string {
  try {
    return execFileSync("ps", ["-o", "args=", "-ww", "-p", `${pid}`], { encoding: "utf8" });
  } catch {
    return ""; // Gone meanwhile.
  }
}
