import { existsSync } from "node:fs";
import { type Browser, chromium as playwright } from "playwright-core";

/** Keeps the browser from asking anything of the network that a test did not ask. */
const QUIET_ARGS: readonly string[] = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Arguments of the package that switch off what these tests are about, as the same-origin policy. */
const WEAKENING_ARGS = ["--disable-web-security", "--allow-running-insecure-content", "--single-process"];

/**
 * Starts a headless Chromium: on Linux the one that came with `npm ci`, elsewhere the Chrome installed there.
 * `executablePath` names another, as from `CRIA_CHROMIUM`.
 */
export async function launchBrowser(executablePath?: string): Promise<Browser> {
  const args = [...QUIET_ARGS];
  if (executablePath !== undefined) return await playwright.launch({ executablePath, args });
  if (process.platform !== "linux") return await playwright.launch({ channel: "chrome", args });
  const chromium = await loadChromium();
  args.push(...chromium.args.filter((arg) => !WEAKENING_ARGS.includes(arg)));
  return await playwright.launch({ executablePath: chromium.executablePath, env: chromium.env, args });
}

/** Unpacks the Chromium that came with `npm ci`, where that is the one to start: once for each machine, seconds. */
export async function unpackBrowser(): Promise<void> {
  if (process.platform === "linux") await loadChromium();
}

interface PackagedChromium {
  readonly args: readonly string[];
  readonly executablePath: string;
  readonly env: Record<string, string>;
}

/**
 * The package brings system libraries that a bare Debian lacks (NSS), but unpacks them, and says where they are, only
 * where it believes itself in a cloud function.
 */
async function loadChromium(): Promise<PackagedChromium> {
  // biome-ignore lint/style/noProcessEnv: the package reads and changes the environment; this puts it back
  const env = process.env;
  const before = { ...env };
  env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs22.x";
  try {
    const { default: chromium } = await import("@sparticuz/chromium");
    const executablePath = await chromium.executablePath();
    const ownEnv = { ...env } as Record<string, string>;
    // The package's one font has no fixed width; it is for machines that have none.
    if (existsSync("/etc/fonts/fonts.conf")) delete ownEnv.FONTCONFIG_PATH;
    return { args: chromium.args, executablePath, env: ownEnv };
  } finally {
    for (const name of Object.keys(env)) if (!(name in before)) delete env[name];
    Object.assign(env, before);
  }
}
