import { styleText } from "node:util";

type Colour = Parameters<typeof styleText>[0];

const COLOURS: Readonly<Record<string, Colour>> = {
  inference: "cyan",
  web: "magenta",
  redis: "yellow",
  slack: "greenBright",
  discord: "blue",
};
const NAME_WIDTH = 9;
const WARNING_LEVEL = 40;
const ERROR_LEVEL = 50;
/** pino's own fields, and what it adds to each line. */
const NOT_SHOWN = new Set(["level", "time", "pid", "hostname", "name", "msg", "v"]);

/** Makes a function that writes a process's line for people: its name before it, a pino line brief. */
export function createLineWriter(write: (line: string) => void, useColours: boolean) {
  return (name: string, line: string): void => {
    const label = name.padEnd(NAME_WIDTH);
    write(
      `${useColours ? styleText(COLOURS[name] ?? "green", label, { validateStream: false }) : label} ${briefly(line)}`,
    );
  };
}

/** A pino line as `WARN message field=value`; any other line as it is. */
export function briefly(line: string): string {
  const entry = parsePinoLine(line);
  if (!entry) return line;
  const fields = Object.entries(entry)
    .filter(([key]) => !NOT_SHOWN.has(key))
    .map(([key, value]) => `${key}=${showValue(value)}`);
  return [levelWord(entry.level), entry.msg ?? "", ...fields].filter((part) => part !== "").join(" ");
}

interface PinoLine {
  readonly level: number;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

function parsePinoLine(line: string): PinoLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const entry = JSON.parse(line);
    return typeof entry.level === "number" ? entry : undefined;
  } catch {
    return undefined;
  }
}

function levelWord(level: number): string {
  if (level >= ERROR_LEVEL) return "ERROR";
  return level >= WARNING_LEVEL ? "WARN" : "";
}

function showValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (isErrorLike(value)) return value.message;
  return JSON.stringify(value);
}

function isErrorLike(value: unknown): value is { readonly message: string } {
  return typeof value === "object" && value !== null && "message" in value && typeof value.message === "string";
}
