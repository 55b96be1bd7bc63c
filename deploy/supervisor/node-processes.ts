import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../settings.ts";
import type { ProcessSpec } from "./supervised-process.ts";

const EXIT_WITH_PARENT = pathToFileURL(join(ROOT, "deploy/supervisor/exit-with-parent.ts")).href;

/** For the last words of replies that are being written. With what comes after it, all ends within three seconds. */
const BOT_GRACE_MS = 2_200;
/** What bots stand on has nothing to do any more once they are gone. */
export const BASE_GRACE_MS = 700;

/** The inference service, listening there. */
export function inferenceProcess(env: NodeJS.ProcessEnv, host: string, port: number): ProcessSpec {
  const ownEnv = { ...env, CRIA_HOST: host, CRIA_PORT: `${port}` };
  const spec = nodeProcess("inference", "services/inference/src/main.ts", ownEnv);
  return { ...spec, graceMs: BASE_GRACE_MS, isBase: true };
}

/** The web chat. */
export function webProcess(env: NodeJS.ProcessEnv): ProcessSpec {
  return nodeProcess("web", "bots/web/src/main.ts", env);
}

/** A bot of a platform, as "discord". The page runs on without it. */
export function botProcess(platform: "slack" | "discord", env: NodeJS.ProcessEnv): ProcessSpec {
  return { ...nodeProcess(platform, `bots/${platform}/src/main.ts`, env), isOptional: true };
}

function nodeProcess(name: string, main: string, env: NodeJS.ProcessEnv): ProcessSpec {
  const args = ["--import", "tsx", "--import", EXIT_WITH_PARENT, join(ROOT, main)];
  return { name, command: process.execPath, args, cwd: ROOT, env, graceMs: BOT_GRACE_MS };
}
