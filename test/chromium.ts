import { type Browser, chromium } from "playwright-core";

/**
 * A headless Chromium. On Linux the one that comes with npm; its package unpacks the system libraries a bare Debian lacks
 * (NSS) only where it believes to run in a cloud function, and would change this process's environment for good.
 * Elsewhere an installed Chrome.
 */
export async function launchChromium(): Promise<Browser> {
  if (process.platform !== "linux") return chromium.launch({ channel: "chrome" });
  const before = { ...process.env };
  process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs22.x";
  const { default: packaged } = await import("@sparticuz/chromium");
  const executablePath = await packaged.executablePath();
  const env = { ...process.env } as Record<string, string>;
  process.env = before;
  return chromium.launch({ executablePath, env, args: ["--no-sandbox", "--headless=shell"] });
}
