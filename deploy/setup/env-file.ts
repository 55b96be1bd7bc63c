import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** Readable by its owner alone: it holds tokens. */
const MODE = 0o600;

/** Puts a file's variables into this process's environment; those that are set already stay. No file is no fault. */
export function loadEnvFile(path: string): void {
  if (existsSync(path)) process.loadEnvFile(path);
}

/** The variables that are set to something else already, which goes before what a file sets them to. */
export function overridden(values: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv): readonly string[] {
  return Object.keys(values).filter((name) => env[name] !== undefined && env[name] !== values[name]);
}

/** Sets variables in a file and keeps its other lines. The file is there whole, old or new, at any moment. */
export function writeEnvFile(path: string, values: Readonly<Record<string, string>>): void {
  const before = existsSync(path) ? readFileSync(path, "utf8") : "";
  const draft = `${path}.new`;
  writeFileSync(draft, withValues(before, values), { mode: MODE });
  renameSync(draft, path);
}

/** The text of an environment file with these values: in their old places, new ones at the end. */
export function withValues(text: string, values: Readonly<Record<string, string>>): string {
  const missing = new Map(Object.entries(values));
  const lines = text.split("\n").map((line) => {
    const name = /^\s*(?:export\s+)?(\w+)\s*=/.exec(line)?.[1];
    const value = name === undefined ? undefined : missing.get(name);
    if (name === undefined || value === undefined) return line;
    missing.delete(name);
    return `${name}=${value}`;
  });
  while (lines.at(-1) === "") lines.pop();
  return [...lines, ...[...missing].map(([name, value]) => `${name}=${value}`), ""].join("\n");
}
