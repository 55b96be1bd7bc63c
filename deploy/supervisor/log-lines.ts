import { styleText } from "node:util";
import { cutTo, type LogEntry, readEntry, showEntry } from "./log-entry.ts";

type Colour = Parameters<typeof styleText>[0];

const COLOURS: Readonly<Record<string, Colour>> = {
  inference: "cyan",
  web: "magenta",
  redis: "yellow",
  slack: "greenBright",
  discord: "blue",
};
const NAME_WIDTH = 9;
/** Most characters of a line. */
const MAX_LENGTH = 160;

/** How lines are shown. */
export interface LineOptions {
  /** Default: none. */
  readonly useColours?: boolean;
  /** Begins each line with the second of UTC that it is of, for what keeps no times by itself. Default: none. */
  readonly showTimes?: boolean;
  /** Puts an error's stack under its line. Default: none. */
  readonly showStacks?: boolean;
}

/** Makes a function that writes a process's line for people: its name before it, a pino line brief, none beyond 160 characters but for a longer word. */
export function createLineWriter(write: (line: string) => void, options: LineOptions = {}) {
  return (name: string, line: string): void => {
    for (const shown of shownLines(name, line, options)) write(shown);
  };
}

function shownLines(name: string, line: string, options: LineOptions): readonly string[] {
  const { useColours = false, showTimes = false, showStacks = false } = options;
  const entry = readEntry(line);
  const time = showTimes ? timePrefix(entry?.time ?? Date.now()) : "";
  const label = `${name.padEnd(NAME_WIDTH)} `;
  const room = MAX_LENGTH - time.length - label.length;
  const texts = entry ? showEntry(entry, room) : [cutTo(line, room)];
  if (texts.length === 0) return [];
  const start = time + (useColours ? coloured(name, label) : label);
  return [...texts.map((text) => start + text), ...(showStacks ? stackOf(entry) : [])];
}

function coloured(name: string, label: string): string {
  return styleText(COLOURS[name] ?? "green", label, { validateStream: false });
}

/** As "2026-01-31T12:34:56Z ". */
export function timePrefix(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z `;
}

function stackOf(entry: LogEntry | undefined): readonly string[] {
  return entry?.err?.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
}
