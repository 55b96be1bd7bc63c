import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { shownPath } from "./shown-path.ts";
import { MISUSED, StartError } from "./start-error.ts";

/** The repository's root, where all processes run. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DEFAULT_WEB_PORT = 3000;
const LOOPBACK = "127.0.0.1";

/** What `npm start` itself is told by the environment. The processes it starts read the rest themselves. */
export interface LocalSettings {
  readonly webHost: string;
  readonly webPort: number;
  /** Undefined for any free port. */
  readonly inferencePort: number | undefined;
  readonly inferenceHost: string;
  /** A Redis that runs already; undefined to start one. */
  readonly redisUrl: string | undefined;
  /** Where the instance's socket and Redis's files lie. Default: `.cria` in the repository. */
  readonly stateDir: string;
}

/**
 * Reads the settings from environment variables; empty ones count as absent.
 * @throws StartError that names every port that is none
 */
export function loadLocalSettings(env: NodeJS.ProcessEnv): LocalSettings {
  const faults = portFaults(env);
  if (faults.length > 0) throw badConfiguration(faults, env);
  return {
    webHost: env.CRIA_WEB_HOST || LOOPBACK,
    webPort: Number(env.CRIA_WEB_PORT || DEFAULT_WEB_PORT),
    inferenceHost: env.CRIA_HOST || LOOPBACK,
    inferencePort: env.CRIA_PORT ? Number(env.CRIA_PORT) : undefined,
    redisUrl: env.CRIA_REDIS_URL || undefined,
    stateDir: resolve(ROOT, env.CRIA_STATE_DIR || ".cria"),
  };
}

/** Where the variables are that `npm run setup` writes, for all npm scripts that people run. */
export function envFilePath(env: NodeJS.ProcessEnv): string {
  return resolve(ROOT, env.CRIA_ENV_FILE || ".env");
}

/** For variables that cannot be as they are; each fault names one, its value and what it must be. */
export function badConfiguration(faults: readonly string[], env: NodeJS.ProcessEnv): StartError {
  const file = shownPath(ROOT, envFilePath(env));
  return new StartError(`${faults.join("; ")}. Change it in the environment or in ${file}, then start again`, MISUSED);
}

/** What is wrong with the ports; empty where they can be. */
export function portFaults(env: NodeJS.ProcessEnv): readonly string[] {
  return ["CRIA_WEB_PORT", "CRIA_PORT"].flatMap((name) => portFault(name, env[name]) ?? []);
}

/** A host to connect to for one that is listened on: every address includes loopback. */
export function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return LOOPBACK;
  return host.includes(":") ? `[${host}]` : host;
}

function portFault(name: string, text: string | undefined): string | undefined {
  if (!text) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return undefined;
  return `${name}=${JSON.stringify(text)}: must be a port, 1 to 65535`;
}
