import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser } from "../bots/web/src/testing/browser.ts";
import { findOnPath } from "../deploy/redis.ts";
import { ChatPage } from "./chat-page.ts";
import { LocalRun } from "./local-run.ts";
import { descendantRunning } from "./processes.ts";

const LONG_TASK = "Write a long story about an alpaca who learns to sail. Tell it in every detail.";
/** Long enough to break in the middle, short enough to be waited for. */
const LONG_TASK_TOKENS = "200";
const hasRedis = findOnPath("redis-server", process.env.PATH) !== undefined;

let browser: Browser;
let stateDir: string;
let run: LocalRun;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), "cria-test-"));
  await start();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await run.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  run = await LocalRun.start({ CRIA_STATE_DIR: stateDir, CRIA_MAX_TOKENS: LONG_TASK_TOKENS });
  await run.line(/Open http/);
}

describe("the page of npm start", () => {
  it("answers a direct message with the bundled model", async () => {
    const chat = await ChatPage.open(browser, run.webUrl, "Ada");
    await chat.goToNewChat();
    await chat.send("What is a dog?");
    const reply = await chat.finishedReply();
    expect(await reply.textContent()).toMatch(/\w+ \w+ \w+/);
    expect(await reply.locator(".figures").textContent()).toMatch(/smollm2-135m · .* tokens/);
  });

  it("switches the model of a channel, for everyone in it and beyond a reload", async () => {
    const ada = await ChatPage.open(browser, run.webUrl, "Ada");
    const ben = await ChatPage.open(browser, run.webUrl, "Ben");
    for (const chat of [ada, ben]) await chat.goTo("general");
    await ada.send("/model smollm2-135m-few-shot");
    await ben.page.locator(".channel-head", { hasText: "smollm2-135m-few-shot" }).waitFor();
    await ben.page.reload();
    await ben.page.locator(".channel-head", { hasText: "smollm2-135m-few-shot" }).waitFor();
    await ben.send("@cria What is a cat?");
    await ada.messages.filter({ hasText: "What is a cat?" }).waitFor();
    const reply = await ada.finishedReply();
    expect(await reply.locator(".figures").textContent()).toContain("smollm2-135m-few-shot");
  });

  it("keeps what was written when the service is killed in the middle, says so, and recovers by itself", async () => {
    const chat = await ChatPage.open(browser, run.webUrl, "Ada");
    await chat.goToNewChat();
    await chat.send(LONG_TASK);
    const reply = chat.messages.last();
    await expect.poll(() => reply.textContent(), { interval: 20, timeout: 30_000 }).toMatch(/(\w+\W+){12}/);
    process.kill(descendantRunning(run.pid, "services/inference"), "SIGKILL");
    await reply.locator(".failure").waitFor();
    expect(await reply.textContent()).toMatch(/(\w+\W+){12}/);
    await chat.page.getByText("The model service is not reachable").waitFor({ state: "detached" });
    await chat.send("What is a dog?");
    await chat.messages.filter({ hasText: "What is a dog?" }).waitFor();
    expect(await (await chat.finishedReply()).locator(".figures").count()).toBe(1);
  });

  it.skipIf(!hasRedis)("answers on when Redis goes away in the middle", async () => {
    const chat = await ChatPage.open(browser, run.webUrl, "Ada");
    await chat.goToNewChat();
    await chat.send(LONG_TASK);
    const reply = chat.messages.last();
    await expect.poll(() => reply.textContent(), { interval: 20, timeout: 30_000 }).toMatch(/(\w+\W+){12}/);
    process.kill(descendantRunning(run.pid, "redis-server 127.0.0.1"), "SIGKILL");
    await chat.finishedReply();
    expect(await reply.textContent()).toMatch(/(\w+\W+){12}/);
    await run.line(/redis +died/);
    await expect.poll(() => answers(chat), { interval: 500, timeout: 20_000 }).toBe(true);
  });

  it.skipIf(!hasRedis)("remembers channel, model and rounds beyond a restart", async () => {
    const before = await ChatPage.open(browser, run.webUrl, "Ada");
    await before.goTo("general");
    await before.send("/model smollm2-135m-few-shot");
    await before.page.locator(".channel-head", { hasText: "smollm2-135m-few-shot" }).waitFor();
    await before.send("@cria What is a dog?");
    await before.messages.filter({ hasText: "What is a dog?" }).waitFor();
    await before.finishedReply();
    await before.close();
    await run.stop();
    await start();
    const after = await ChatPage.open(browser, run.webUrl, "Ada");
    await after.goTo("general");
    await after.messages.filter({ hasText: "What is a dog?" }).waitFor();
    await after.page.locator(".channel-head", { hasText: "smollm2-135m-few-shot" }).waitFor();
    await after.page.locator(".channel-head", { hasText: "1 round remembered" }).waitFor();
  });
});

/** Whether a message is answered now. */
async function answers(chat: ChatPage): Promise<boolean> {
  await chat.send("What is a dog?");
  await chat.messages.filter({ hasText: "What is a dog?" }).last().waitFor();
  return (await (await chat.finishedReply()).locator(".failure").count()) === 0;
}
