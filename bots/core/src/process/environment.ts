import type { z } from "zod";

/** Variables of the environment by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Their values may be secrets, or hold one, and are not repeated. */
const SECRET = /(TOKEN|SECRET|URL)$/;
/** So much of a value is told, in characters. */
const MAX_TOLD = 60;

/** The environment asks for something that cannot be: another start is no use until it is changed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** One a fault: the variable's name first, its value where that is no secret, and what it must be. */
  readonly faults: readonly string[];
  /** A sentence that helps with all of them; empty where there is none. */
  readonly hint: string;

  constructor(faults: readonly string[], hint = "") {
    super(`${faults.join("; ")}. ${hint}`.trim());
    this.faults = faults;
    this.hint = hint;
  }
}

/**
 * Reads variables by a schema that has a key for each; an empty one counts as absent.
 * @throws ConfigError that names every fault at once
 */
export function readEnvironment<Schema extends z.ZodType>(
  env: Environment,
  schema: Schema,
  hint?: string,
): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const { data, error } = schema.safeParse(given);
  if (error === undefined) return data as z.output<Schema>;
  const faults = error.issues.map(({ path: [name], message }) => fault(String(name), given, message));
  throw new ConfigError([...new Set(faults)], hint);
}

/**
 * Loads what several readers of the environment read, each its part.
 * @throws ConfigError that names the faults of all of them at once
 */
export function loadParts<Loads extends readonly (() => unknown)[]>(
  ...loads: Loads
): { [At in keyof Loads]: ReturnType<Loads[At]> } {
  const errors: ConfigError[] = [];
  const loadOne = (load: () => unknown) => {
    try {
      return load();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      errors.push(error);
      return undefined;
    }
  };
  const loaded = loads.map(loadOne);
  if (errors.length === 0) return loaded as { [At in keyof Loads]: ReturnType<Loads[At]> };
  const hints = errors.map(({ hint }) => hint).filter(Boolean);
  throw new ConfigError([...new Set(errors.flatMap(({ faults }) => faults))], hints.join(" "));
}

function fault(name: string, env: Environment, message: string): string {
  const value = env[name];
  if (value === undefined || SECRET.test(name)) return `${name} ${message}`;
  return `${name}=${JSON.stringify(value.slice(0, MAX_TOLD))}: ${message}`;
}
