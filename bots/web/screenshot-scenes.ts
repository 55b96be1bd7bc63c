import { BotError } from "@cria/bot-core";
import { FinishReason } from "@cria/proto";
import type { Page } from "playwright-core";
import type { TestServer } from "./src/testing/test-server.ts";

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

const MANY_QUESTIONS = [
  "How do I shear an alpaca without frightening it, and what do I need?",
  "Why is the sky blue?",
  "Write a haiku about the sea.",
  "שלום, מה זה אלפקה?",
  "Plan a week in the Andes with two children and a llama",
  "x".repeat(100),
] as const;

const LISTS = `Before you begin:

1. Gather what you need:
   - shears, sharp and oiled
   - a mat
     - not too soft
     - dry
   - a friend
2. Calm the animal.

   It helps to talk to it:
   - softly
   - slowly
3. Shear it.

- One
- Two

  - loose

  - as well
- Three`;

const chunksOf = (text: string) => text.match(/\s*\S+/g) ?? [];

/** One picture: brings the page into a state. */
export type Scene = (page: Page, server: TestServer) => Promise<void>;

/** The pictures by their names. */
export const SCENES: Readonly<Record<string, Scene>> = {
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
  chats: async (page, server) => {
    for (const text of MANY_QUESTIONS) {
      await openNewChat(page);
      await ask(page, server, text, { chunks: chunksOf("A good question.") });
    }
    await openSidebar(page);
    await page.getByRole("button", { name: "More for “Why is the sky blue?”" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
  },
  "chat-renamed": async (page, server) => {
    await page.getByRole("heading", { level: 1 }).waitFor();
    await ask(page, server, MANY_QUESTIONS[0], { chunks: chunksOf("A good question.") });
    await page.locator(".picker-button").click();
    await page.getByRole("option", { name: /few-shot/ }).click();
    await page.locator(".notice").waitFor();
    await openSidebar(page);
    await page.getByRole("button", { name: "More for" }).click();
    await page.getByRole("button", { name: "Rename" }).click();
  },
  files: async (page, server) => {
    const notes = {
      name: "herd-notes-of-this-spring.md",
      mimeType: "text/markdown",
      buffer: Buffer.from(LISTS.repeat(9)),
    };
    const small = { name: "weights.csv", mimeType: "text/csv", buffer: Buffer.from("name,kg") };
    const choose = (...files: readonly (typeof notes)[]) => page.locator("input[type=file]").setInputFiles(files);
    await choose(notes, small);
    await page.locator(".file").nth(1).waitFor();
    await ask(page, server, "What is this about?", { chunks: chunksOf("It is about shearing alpacas.") });
    await choose(small, { ...small, name: "alpaca.png", buffer: Buffer.from([0xff, 0, 0xff]) }, notes);
    await page.locator(".is-draft .file").nth(1).waitFor();
    await page.locator("#composer").fill("And this?");
  },
  versions: async (page, server) => {
    await say(page, "/feedback on");
    await page.locator(".markdown").getByText("Feedback is on").waitFor();
    await ask(page, server, "What is a cria?", { chunks: chunksOf("A **cria** is a young alpaca.") });
    server.inference.script({ chunks: chunksOf(ALPACA.slice(0, 180)) });
    await page.getByRole("button", { name: "Regenerate" }).click();
    await page.locator(".versions").waitFor();
    await page.locator(".figures").waitFor();
  },
  "older-version": async (page, server) => {
    await ask(page, server, "What is a cria?", { chunks: chunksOf("A **cria** is a young alpaca.") });
    server.inference.script({ chunks: chunksOf(ALPACA.slice(0, 180)) });
    await page.getByRole("button", { name: "Regenerate" }).click();
    await page.locator(".versions").waitFor();
    await page.getByRole("button", { name: "Older version" }).click();
  },
  lists: async (page, server) => {
    await ask(page, server, "How do I shear an alpaca?", { chunks: chunksOf(LISTS) });
  },
  compare: async (page, server) => {
    const [first, second] = [`${ALPACA.slice(0, 180)}.`, "A cria is what one calls a young alpaca."];
    server.inference.script({ chunks: chunksOf(first) }, { chunks: chunksOf(second) });
    await say(page, "/compare smollm2-135m smollm2-135m-few-shot What is a cria?");
    await page.locator(".figures").nth(1).waitFor();
  },
  "failure-in-words": async (page, server) => {
    await open(page, "general");
    const words =
      "The inference service cannot be reached at 127.0.0.1:50051 and did not come back within thirty seconds; start it again, or ask whoever runs it to look after it.";
    server.inference.script({
      chunks: ["A cria is a young ", "alpaca. It"],
      failure: new BotError("SERVICE_UNAVAILABLE", words),
    });
    await say(page, "@cria What is a cria?");
    await page.locator(".failure").waitFor();
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
    await openSidebar(page);
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

async function openSidebar(page: Page): Promise<void> {
  const menu = page.locator(".menu-button");
  if (await menu.isVisible()) await menu.click();
}

async function openNewChat(page: Page): Promise<void> {
  await openSidebar(page);
  await page.getByRole("button", { name: "New chat", exact: true }).click();
  await page.getByText("Talk with Cria").waitFor();
}

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
