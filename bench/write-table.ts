import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, type } from "node:os";
import { type Result, resultTable } from "./result.ts";

const PAGE = new URL("../docs/benchmarks.md", import.meta.url);

/** A picture of a bench's figures. */
export interface Picture {
  readonly svg: string;
  /** What it shows, in words. */
  readonly alt: string;
}

/** Puts a bench's table between its markers in docs/benchmarks.md, its picture above it, with the machine and the commit. */
export async function writeTable(name: string, results: readonly Result[], picture?: Picture): Promise<void> {
  const page = await readFile(PAGE, "utf8");
  const day = new Date().toISOString().slice(0, 10);
  const table = `${resultTable(results)}\n\n${day}, ${machine()}, commit ${commit()}.`;
  if (picture) await writeFile(new URL(`images/${name}.svg`, PAGE), picture.svg);
  const text = picture ? `![${picture.alt}](images/${name}.svg)\n\n${table}` : table;
  await writeFile(PAGE, replaceBetweenMarkers(page, name, text));
}

/**
 * The page with what stands between a bench's markers replaced.
 * @throws Error when the page has no such markers
 */
export function replaceBetweenMarkers(page: string, name: string, text: string): string {
  const begin = `<!-- bench ${name} -->`;
  const end = `<!-- end ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has no ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}

function machine(): string {
  const processor = cpus()[0]?.model.trim() ?? "an unknown processor";
  return `${availableParallelism()} cores of ${processor}${vectors()}, ${type()}, Node ${process.versions.node}`;
}

/** What products of 8 bits are computed with on x86, as " (avx2)": from one to the next they differ by half. */
function vectors(): string {
  const file = "/proc/cpuinfo";
  const flags = existsSync(file) ? readFileSync(file, "utf8").split(/\s+/) : [];
  const widest = ["amx_int8", "avx512_vnni", "avx_vnni", "avx2"].find((flag) => flags.includes(flag));
  return widest ? ` (${widest})` : "";
}

function commit(): string {
  return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
}
