/**
 * Takes pictures of the page in the states it can be in: `npx tsx bots/web/screenshots.ts FOLDER`. The replies are
 * scripted, so the pictures of two runs can be compared.
 */
import { mkdirSync } from "node:fs";
import { FinishReason } from "@cria/proto";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { launchBrowser } from "./src/testing/browser.ts";
import { startTestServer, type TestServer } from "./src/testing/test-server.ts";

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;
const THEMES = ["light", "dark"] as const;
const NEVER = new Promise<void>(() => undefined);

const ALPACA = `A **cria** is a young alpaca. Some facts:

- It is born after about 11½ months, nearly always in the *morning*.
- It stands and walks within an hour or two.
- It drinks its mother's milk for six months.

| animal | young | weight at birth |
| --- | --- | --- |
| alpaca | cria | 6 to 8 kg |
| llama | cria | 9 to 14 kg |

More at [Wikipedia](https://en.wikipedia.org/wiki/Cria).`;

const CODE = `Sort by a key and take the first three:

\`\`\`python
def heaviest(herd, count=3):
    """The heaviest animals, heaviest first."""
    return sorted(herd, key=lambda animal: animal.weight, reverse=True)[:count]
\`\`\`

It is \`O(n log n)\`; for large herds \`heapq.nlargest\` does less work.`;

const chunksOf = (text: string) => text.match(/\s*\S+/g) ?? [];

/** One picture: brings the page into a state. */
type Scene = (page: Page, server: TestServer) => Promise<void>;

const SCENES: Readonly<Record<string, Scene>> = {
  "first-visit": async () => undefined,
  conversation: async (page, server) => {
    await open(page, "general");
    await say(page, "Good morning! Who feeds the herd today?");
    await ask(page, server, "@cria What is a cria?", { chunks: chunksOf(ALPACA) });
    await ask(page, server, "@cria How do I find the three heaviest alpacas in Python?", { chunks: chunksOf(CODE) });
    await say(page, "Thanks, that will do.");
  },
  controls: async (page, server) => {
    await say(page, "/feedback on");
    await page.locator(".markdown").getByText("Feedback is on").waitFor();
    await ask(page, server, "What is a lama?", { chunks: ["A teacher of Tibetan Buddhism."] });
    server.inference.script({ chunks: chunksOf(ALPACA.slice(0, 180)), finishReason: FinishReason.MAX_TOKENS });
    await page.locator("#composer").press("ArrowUp");
    await say(page, "What is a llama?");
    await page.getByText("Cut at the length limit").waitFor();
    await page.getByRole("button", { name: "Good reply" }).last().click();
    await page.getByRole("button", { name: "Copy reply" }).last().focus();
  },
  editing: async (page, server) => {
    await ask(page, server, "What is a lama?", { chunks: ["A teacher of Tibetan Buddhism."] });
    await page.locator("#composer").press("ArrowUp");
  },
  persona: async (page, server) => {
    await say(page, "/system You are a patient shepherd who explains everything with alpacas.");
    await page.locator(".persona").waitFor();
    await ask(page, server, "What is a cria?", { chunks: chunksOf("A **cria** is a young alpaca, my friend.") });
  },
  "read-above": async (page, server) => {
    await ask(page, server, "What is a cria?", { chunks: chunksOf(`${ALPACA}\n\n${CODE}`.repeat(3)) });
    await page.locator(".timeline-scroll").hover();
    await page.mouse.wheel(0, -900);
    await page.getByRole("button", { name: "Jump to latest" }).waitFor();
  },
  streaming: async (page, server) => {
    server.inference.script({ chunks: chunksOf(ALPACA.slice(0, 240)), hold: NEVER });
    await say(page, "What is a cria?");
    await page.locator(".markdown.is-streaming li").nth(1).waitFor();
  },
  loading: async (page, server) => {
    await say(page, "/model smollm2-135m-few-shot");
    await page.locator(".markdown").getByText("answers here from now on").waitFor();
    server.inference.loadSteps = [{ loadedBytes: 41e6, totalBytes: 97e6 }];
    server.inference.loadHold = NEVER;
    await say(page, "What is a cria?");
    await page.locator("progress").waitFor();
  },
  failure: async (page, server) => {
    const failure = new Error("broken");
    server.inference.script({ chunks: ["A cria is a young ", "alpaca. It"], failure });
    await say(page, "What is a cria?");
    await page.locator(".failure").waitFor();
  },
  "service-down": async (page, server) => {
    server.inference.setServing(false);
    await page.locator(".banner").waitFor();
    await page.locator("#composer").fill("What is a cria?");
  },
  sidebar: async (page) => {
    const menu = page.locator(".menu-button");
    if (await menu.isVisible()) await menu.click();
    await page.getByRole("button", { name: "Add channel" }).click();
  },
  picker: async (page) => {
    await page.locator(".picker-button").click();
    await page.locator(".picker-list .option").first().waitFor();
  },
  commands: async (page) => {
    await page.locator("#composer").fill("/");
    await page.locator(".completions .option").first().waitFor();
  },
  "command-argument": async (page) => {
    await page.locator("#composer").fill("/model ");
    await page.getByRole("option", { name: /few-shot/ }).waitFor();
  },
  "wrong-command": async (page, server) => {
    await say(page, "/modl smollm2-135m");
    await ask(page, server, "שלום, מה זה אלפקה?", { chunks: chunksOf("אלפקה היא בעל חיים ממשפחת הגמליים.") });
    await ask(page, server, `${"long".repeat(60)}`, { chunks: ["a".repeat(300)] });
  },
};

async function open(page: Page, channel: string): Promise<void> {
  await page.goto(`${page.url().split("#")[0]}#${channel}`);
  await page.getByRole("heading", { name: `# ${channel}`, level: 1 }).waitFor();
}

async function say(page: Page, text: string): Promise<void> {
  await page.locator("#composer").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

async function ask(
  page: Page,
  server: TestServer,
  text: string,
  reply: { readonly chunks: readonly string[] },
): Promise<void> {
  const before = await page.locator(".figures").count();
  server.inference.script(reply);
  await say(page, text);
  await page.locator(".figures").nth(before).waitFor();
}

async function takePicture(browser: Browser, path: string, scene: Scene, options: BrowserContextOptions) {
  const feedback = { rate: async () => undefined };
  const server = await startTestServer({ workspaceName: "Alpaca Club" }, { feedback });
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
