import { OPEN_ACCESS } from "@cria/bot-core";
import { hasRedisServer } from "@cria/bot-core/testing";
import { FinishReason } from "@cria/proto";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openRedisStores } from "../testing/redis-stores.ts";
import { useBrowser } from "../testing/stage.ts";
import { TestPage } from "../testing/test-page.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

const LIMIT = { timeout: 20_000 };
const hasRedis = hasRedisServer(process.env.PATH ?? "");
if (!hasRedis) process.stderr.write("skipped: the page's buttons on Redis, because redis-server is not on the PATH\n");

const MEMORIES = hasRedis ? ["this process", "Redis"] : ["this process"];

describe.each(MEMORIES)("what can be done with a message on the page, kept in %s", (memory) => {
  const stage = useBrowser();
  let redis: Awaited<ReturnType<typeof openRedisStores>> | undefined;
  beforeAll(async () => {
    if (memory === "Redis") redis = await openRedisStores();
  });
  afterAll(() => redis?.close());
  let server: TestServer | undefined;
  let context: BrowserContext | undefined;
  afterEach(async () => {
    await context?.close();
    await server?.close();
  });

  const rated: unknown[] = [];
  async function open(core: Parameters<typeof startTestServer>[1] = {}): Promise<Page> {
    rated.length = 0;
    const feedback = { rate: async (_: string, rating: unknown) => void rated.push(rating) };
    server = redis
      ? await startTestServer(
          { timelineStore: redis.timelineStore, chatStore: redis.chatStore },
          { feedback, stores: redis.stores, ...core },
        )
      : await startTestServer({}, { feedback, ...core });
    const { page } = await TestPage.join(stage.browser, server.url, "Ann");
    context = page.context();
    return page;
  }
  async function say(page: Page, text: string): Promise<void> {
    await page.locator("#composer").fill(text);
    await page.keyboard.press("Enter");
  }
  const replies = (page: Page) => page.getByRole("article", { name: /^Cria,/ });
  const texts = (page: Page) => replies(page).locator(".markdown").allInnerTexts();

  it("Regenerate answers again in the same place", async () => {
    const page = await open();
    server!.inference.script({ chunks: ["The **first** answer."] }, { chunks: ["Another."] });
    await say(page, "Tell me");
    await expect.poll(() => texts(page), LIMIT).toEqual(["The first answer."]);
    await replies(page).hover();
    await page.getByRole("button", { name: "Regenerate" }).click();
    await expect.poll(() => texts(page), LIMIT).toEqual(["Another."]);
    expect(server!.inference.requests).toHaveLength(2);
  });

  it("the versions of a regenerated reply stay reachable, the newest being shown first", async () => {
    const page = await open();
    server!.inference.script({ chunks: ["The **first** answer."] }, { chunks: ["Another."] });
    await say(page, "Tell me");
    await expect.poll(() => texts(page), LIMIT).toEqual(["The first answer."]);
    await page.getByRole("button", { name: "Regenerate" }).click();
    await expect.poll(() => texts(page), LIMIT).toEqual(["Another."]);
    const versions = page.getByRole("group", { name: "Versions of this reply" });
    const number = () => versions.getByRole("status").textContent();
    expect(await number()).toBe("Version 2/ of 2");
    await versions.getByRole("button", { name: "Older version" }).click();
    expect(await texts(page)).toEqual(["The first answer."]);
    expect([await number(), await page.getByRole("button", { name: "Regenerate" }).count()]).toEqual([
      "Version 1/ of 2",
      0,
    ]);
    await page.reload();
    await expect.poll(() => texts(page), LIMIT).toEqual(["Another."]);
    await versions.getByRole("button", { name: "Older version" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await expect.poll(() => texts(page), LIMIT).toEqual(["The first answer."]);
    await versions.getByRole("button", { name: "Newer version" }).click();
    await expect.poll(() => texts(page), LIMIT).toEqual(["Another."]);
  });

  it("Stop before the first word of another answer leaves the one that stood there", async () => {
    const page = await open();
    server!.inference.script({ chunks: ["The first answer."] }, { queue: new Promise(() => undefined) });
    await say(page, "Tell me");
    await expect.poll(() => texts(page), LIMIT).toEqual(["The first answer."]);
    await page.getByRole("button", { name: "Regenerate" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await expect.poll(() => texts(page), LIMIT).toEqual(["The first answer."]);
    expect(await page.getByText("Stopped by you").count()).toBe(0);
    await page.getByText("1 round remembered").waitFor();
  });

  it("Continue goes on in the same place where a reply was cut", async () => {
    const page = await open();
    server!.inference.script(
      { chunks: ["Once upon"], finishReason: FinishReason.MAX_TOKENS },
      { chunks: [" a time."] },
    );
    await say(page, "A story");
    await page.getByText("Cut at the length limit").waitFor();
    await page.getByRole("button", { name: "Continue" }).click();
    await expect.poll(() => texts(page), LIMIT).toEqual(["Once upon a time."]);
    expect(await page.getByRole("button", { name: "Continue" }).count()).toBe(0);
  });

  it("↑ takes one's last message back to change it, and the answer is made anew", async () => {
    const page = await open();
    server!.inference.script({ chunks: ["About cats."] }, { chunks: ["About dogs."] });
    await say(page, "Tell me about cats");
    await expect.poll(() => texts(page), LIMIT).toEqual(["About cats."]);
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => page.locator("#composer").inputValue()).toBe("Tell me about cats");
    const edited = page.locator(".is-being-edited");
    await edited.getByText("Tell me about cats").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator("#composer").inputValue()).toBe("");
    expect(await edited.count()).toBe(0);
    await page.keyboard.press("ArrowUp");
    await say(page, "Tell me about dogs");
    await expect.poll(() => texts(page), LIMIT).toEqual(["About dogs."]);
    const own = page.getByRole("article", { name: /^Ann,/ });
    expect(await own.allInnerTexts()).toMatchObject([expect.stringMatching(/Tell me about dogs[\s\S]*\(edited\)/)]);
    await expect.poll(() => page.locator("#composer").inputValue()).toBe("");
    expect(JSON.stringify(server!.inference.requests[1]!.prompt)).not.toContain("cats");
  });

  it("Edit does the same without a keyboard, on one's last message only", async () => {
    const page = await open();
    for (const [index, text] of ["Tell me about cats", "And birds"].entries()) {
      await say(page, text);
      await page.getByText("tok/s").nth(index).waitFor();
    }
    const edit = page.getByRole("button", { name: "Edit message" });
    expect(await edit.count()).toBe(1);
    await page.getByRole("article", { name: /^Ann,/ }).last().hover();
    await edit.click();
    await expect.poll(() => page.locator("#composer").inputValue()).toBe("And birds");
    expect(await page.locator("#composer").evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await edit.count()).toBe(0);
    server!.inference.script({ chunks: ["About dogs."] });
    await page.locator("#composer").fill("And dogs");
    await page.getByRole("button", { name: "Send" }).click();
    await expect.poll(async () => (await texts(page)).at(-1), LIMIT).toBe("About dogs.");
    expect(await replies(page).count()).toBe(2);
  });

  it("a message that is changed while it is answered is answered as it is now", async () => {
    const page = await open();
    server!.inference.script(
      { chunks: ["About cats"], hold: new Promise(() => undefined) },
      { chunks: ["About dogs."] },
    );
    await say(page, "Tell me about cats");
    await expect.poll(() => texts(page), LIMIT).toEqual(["About cats"]);
    await page.keyboard.press("ArrowUp");
    await say(page, "Tell me about dogs");
    await expect.poll(() => texts(page), LIMIT).toEqual(["About dogs."]);
  });

  it("👍 and 👎 are there once an admin switched feedback on", async () => {
    const page = await open();
    await say(page, "Hello");
    await page.getByText("tok/s").waitFor();
    expect(await page.getByRole("button", { name: "Good reply" }).count()).toBe(0);
    await say(page, "/feedback on");
    await page.locator(".markdown").getByText("Feedback is on").waitFor();
    const good = page.getByRole("button", { name: "Good reply" }).first();
    await replies(page).first().hover();
    await good.click();
    await expect.poll(() => good.getAttribute("aria-pressed"), LIMIT).toBe("true");
    expect(rated).toMatchObject([{ rating: "up", question: "Hello", reply: "Hello" }]);
    await page.reload();
    await expect.poll(() => good.getAttribute("aria-pressed"), LIMIT).toBe("true");
    await replies(page).first().hover();
    await page.getByRole("button", { name: "Regenerate" }).first().click();
    await expect.poll(() => good.getAttribute("aria-pressed"), LIMIT).toBe("false");
  });

  it("compare lets two models answer, each in a message of its own", async () => {
    const page = await open();
    server!.inference.script({ chunks: ["I am one."] }, { chunks: ["I am two."] });
    await say(page, "/compare smollm2-135m smollm2-135m-few-shot Who are you?");
    await expect
      .poll(() => texts(page), LIMIT)
      .toEqual(["smollm2-135m\n\nI am one.", "smollm2-135m-few-shot\n\nI am two."]);
  });

  it("a used up quota is told in one sentence, under the message and above the composer", async () => {
    const page = await open({ quotaLimits: { userMessagesPerMinute: 1 } });
    await say(page, "One");
    await page.getByText("tok/s").waitFor();
    await replies(page).hover();
    await page.getByRole("button", { name: "Regenerate" }).click();
    await page.getByRole("alert").getByText("You have sent 1 message in a minute").waitFor();
    await say(page, "Two");
    await replies(page)
      .last()
      .getByText(/You have sent 1 message in a minute, as many as I take/)
      .waitFor();
    expect(server!.inference.requests).toHaveLength(1);
  });

  it("a message that may not be answered again is not answered twice instead, and why is told", async () => {
    const page = await open({ quotaLimits: { userMessagesPerMinute: 1 } });
    await say(page, "Tell me about cats");
    await page.getByText("tok/s").waitFor();
    await page.keyboard.press("ArrowUp");
    await say(page, "Tell me about dogs");
    await page.getByRole("alert").getByText("You have sent 1 message in a minute").waitFor();
    expect(await texts(page)).toEqual(["Tell me about cats"]);
  });

  it("where it answers no direct messages the page begins with a channel and offers no chats", async () => {
    const page = await open({ access: { ...OPEN_ACCESS, directMessages: false } });
    await page.getByRole("heading", { level: 1, name: "# general" }).waitFor();
    expect(await page.getByText("Chats with Cria").count()).toBe(0);
    await say(page, "@cria Hello");
    await page.getByText("tok/s").waitFor();
  });
});
