import chromium from "@sparticuz/chromium";
import { type Browser, type BrowserContext, chromium as playwright } from "playwright-core";

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
 * Starts a headless Chromium: on Linux the one that came with `npm ci`, elsewhere the Chrome or Chromium installed
 * there. `executablePath` names another, as from `CRIA_CHROMIUM`.
 */
export async function launchBrowser(executablePath?: string): Promise<Browser> {
  if (executablePath !== undefined) return await playwright.launch({ executablePath, args: [...QUIET_ARGS] });
  if (process.platform !== "linux") return await playwright.launch({ channel: "chrome", args: [...QUIET_ARGS] });
  const args = [...chromium.args.filter((arg) => !WEAKENING_ARGS.includes(arg)), ...QUIET_ARGS];
  return await playwright.launch({ executablePath: await chromium.executablePath(), args });
}

/** A fresh browser session at the page, with a name chosen. */
export async function joinAs(browser: Browser, url: string, name: string): Promise<BrowserContext> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel("What should others call you?").fill(name);
  await page.getByRole("button", { name: "Start chatting" }).click();
  await page.locator("#composer").waitFor();
  return context;
}
