/**
 * Takes pictures of the page in the states it can be in: `npx tsx bots/web/screenshots.ts FOLDER`. The replies are
 * scripted, so the pictures of two runs can be compared.
 */
import { mkdirSync } from "node:fs";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { SCENES, type Scene } from "./screenshot-scenes.ts";
import { launchBrowser } from "./src/testing/browser.ts";
import { startTestServer } from "./src/testing/test-server.ts";

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;
const THEMES = ["light", "dark"] as const;
async function takePicture(browser: Browser, path: string, scene: Scene, options: BrowserContextOptions) {
  const feedback = { rate: async () => undefined };
  const server = await startTestServer({ workspaceName: "Alpaca Club of the Northern Highlands" }, { feedback });
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    await page.goto(server.url);
    await page.getByLabel("What should others call you?").fill("Ada Lovelace");
    await page.getByRole("button", { name: "Start chatting" }).click();
    await page.locator("#composer").waitFor();
    await scene(page, server);
    await page.mouse.move(0, 0);
    await page.waitForTimeout(300);
    await page.screenshot({ path });
  } finally {
    await context.close();
    await server.close();
  }
}

const folder = process.argv[2] ?? ".cria/screenshots";
const wanted = process.argv.slice(3);
mkdirSync(folder, { recursive: true });
const browser = await launchBrowser();
for (const [name, scene] of Object.entries(SCENES).filter(([name]) => wanted.length === 0 || wanted.includes(name)))
  for (const [size, viewport] of Object.entries(SIZES))
    for (const colorScheme of THEMES)
      await takePicture(browser, `${folder}/${name}-${size}-${colorScheme}.png`, scene, {
        viewport,
        colorScheme,
        hasTouch: size === "phone",
        isMobile: size === "phone",
      });
await browser.close();
