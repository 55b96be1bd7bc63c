import { readFileSync } from "node:fs";
import { measured, type Result } from "./result.ts";

/** The kernel's clock ticks a second, in which /proc counts: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Begins to watch what else the machine computes. The function it returns tells the mean since then as a figure: cores
 * busy with anything but this process and those of `pids`. On systems without /proc it tells nothing.
 */
export function watchMachineLoad(name: string, pids: readonly number[]): () => Result | undefined {
  const from = readTicks(pids);
  const fromMs = performance.now();
  return () => {
    const to = readTicks(pids);
    if (!from || !to) return undefined;
    const seconds = (performance.now() - fromMs) / 1000;
    const others = to.busy - from.busy - (to.own - from.own);
    return measured(`${name}-machine-load`, "cores busy with other work", [
      Math.max(0, others / TICKS_PER_SECOND / seconds),
    ]);
  };
}

function readTicks(pids: readonly number[]): { readonly busy: number; readonly own: number } | undefined {
  try {
    const own = ["self", ...pids].map((pid) => ticksOfProcess(readFileSync(`/proc/${pid}/stat`, "utf8")));
    return {
      busy: busyTicks(readFileSync("/proc/stat", "utf8")),
      own: own.reduce((sum, ticks) => sum + ticks, 0),
    };
  } catch {
    return undefined;
  }
}

/** Ticks that all cores together were not idle, those that a hypervisor took among them. See proc(5), /proc/stat. */
export function busyTicks(stat: string): number {
  const [user, nice, system, , , irq, softirq, steal] = stat.split("\n")[0]!.trim().split(/\s+/).slice(1).map(Number);
  return user! + nice! + system! + irq! + softirq! + steal!;
}

/** Ticks of all threads of a process. See proc(5), /proc/pid/stat: the name, in brackets, may hold anything. */
export function ticksOfProcess(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
