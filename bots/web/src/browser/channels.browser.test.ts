import { MAX_MESSAGE_LENGTH } from "@cria/bot-core";
import { beforeEach, describe, expect, it } from "vitest";
import { ChunkSource, NEVER } from "../testing/chunk-source.ts";
import { useStageWithAda } from "../testing/stage.ts";
import type { TestPage } from "../testing/test-page.ts";

const on = useStageWithAda();

describe("two people in one channel", () => {
  let ben: TestPage;
  beforeEach(async () => {
    ben = await on.join("Ben");
    for (const person of [on.ada, ben]) await person.openChannel("general");
  });

  it("both see each message and each word of a reply, and whom it answers", async () => {
    const chunks = new ChunkSource();
    on.server.inference.script({ chunks });
    await on.ada.send("@cria what is a dog?");
    chunks.push("A loyal");
    for (const person of [on.ada, ben]) await person.page.locator(".is-streaming", { hasText: "A loyal" }).waitFor();
    chunks.push(" animal.");
    chunks.end();
    for (const person of [on.ada, ben]) {
      await person.waitForReplies(1);
      expect(await person.messages.count()).toBe(2);
      expect(await person.lastMessage.locator(".answers").textContent()).toContain("answers Ada");
      expect(await person.lastMessage.locator(".markdown p").textContent()).toBe("A loyal animal.");
    }
  });

  it("talk without the bot until one mentions it", async () => {
    await on.ada.send("Who feeds the herd?");
    await ben.page.locator(".markdown").getByText("Who feeds the herd?").waitFor();
    await ben.send("I do.");
    await on.ada.page.locator(".markdown").getByText("I do.").waitFor();
    expect(on.server.inference.requests).toEqual([]);
    expect(await on.ada.messages.count()).toBe(2);
  });

  it("can each stop a reply", async () => {
    on.server.inference.script({ chunks: ["A loyal"], hold: NEVER });
    await on.ada.send("@cria what is a dog?");
    await ben.page.getByRole("button", { name: "Stop" }).click();
    await on.ada.page.locator(".figures", { hasText: "Stopped by Ben" }).waitFor();
  });

  it("have chats of their own", async () => {
    await on.ada.openNewChat();
    await on.ada.send("a secret");
    await on.ada.waitForReplies(1);
    await ben.openNewChat();
    await ben.page.getByText("Talk with Cria").waitFor();
    expect(await ben.page.getByText("a secret").count()).toBe(0);
  });

  it("see at once that the model was switched and by whom, and still after a reload", async () => {
    await on.ada.page.locator(".picker-button").click();
    await on.ada.page.getByRole("option", { name: /smollm2-135m-few-shot/ }).click();
    for (const person of [on.ada, ben]) await person.model.getByText("smollm2-135m-few-shot").waitFor();
    await ben.page.reload();
    await ben.model.getByText("smollm2-135m-few-shot").waitFor();
    expect(await ben.page.locator(".notice").textContent()).toMatch(
      /^Ada\s+switched the model to smollm2-135m-few-shot\s*$/,
    );
    expect(await on.ada.page.locator(".notice").textContent()).toMatch(/^You\s+switched/);
    await ben.openChannel("random");
    await ben.model.getByText("smollm2-135m", { exact: true }).waitFor();
  });

  it("see new channels, and which of them has something new", async () => {
    await on.ada.page.getByRole("button", { name: "Add channel" }).click();
    const field = on.ada.page.getByLabel("Channel name");
    await field.fill("No way!");
    await field.press("Enter");
    await on.ada.page.getByRole("alert").getByText("holds only letters").waitFor();
    await field.fill("Herd News");
    await field.press("Enter");
    await on.ada.page.getByRole("heading", { level: 1, name: "# herd-news" }).waitFor();
    await on.ada.send("A cria was born!");
    await ben.page.getByRole("button", { name: /herd-news.*unread/ }).click();
    await ben.page.locator(".markdown").getByText("A cria was born!").waitFor();
    expect(await ben.page.getByRole("button", { name: /herd-news.*unread/ }).count()).toBe(0);
  });
});

describe("the list of messages", () => {
  const paragraphs = (count: number) => Array.from({ length: count }, (_, index) => `Paragraph ${index}.\n\n`);
  const position = () =>
    on.ada.page.locator(".timeline-scroll").evaluate((list) => ({
      top: list.scrollTop,
      toEnd: list.scrollHeight - list.scrollTop - list.clientHeight,
    }));

  it("follows a reply while the reader is at the end", async () => {
    on.server.inference.script({ chunks: paragraphs(60) });
    await on.ada.send("Go on.");
    await on.ada.waitForReplies(1);
    await expect.poll(async () => (await position()).toEnd).toBeLessThan(2);
  });

  it("stays where the reader is, and offers what is new", async () => {
    const chunks = new ChunkSource();
    on.server.inference.script({ chunks });
    await on.ada.send("Go on.");
    chunks.push(...paragraphs(60));
    await on.ada.page.getByText("Paragraph 58.").waitFor();
    await on.ada.page.locator(".timeline-scroll").hover();
    await on.ada.page.mouse.wheel(0, -600);
    await expect.poll(async () => (await position()).toEnd).toBeGreaterThan(200);
    const before = (await position()).top;
    chunks.push(...paragraphs(30));
    chunks.end();
    await on.ada.waitForReplies(1);
    const news = on.ada.page.getByRole("button", { name: "New messages" });
    await news.waitFor();
    expect((await position()).top).toBe(before);
    await news.click();
    await news.waitFor({ state: "detached" });
    expect((await position()).toEnd).toBeLessThan(2);
  });

  it("groups what one person writes in a row, under a line for the day", async () => {
    await on.ada.openChannel("general");
    for (const text of ["one", "two", "three"]) {
      await on.ada.send(text);
      await on.ada.page.getByText(text, { exact: true }).waitFor();
    }
    expect(await on.ada.page.locator(".message-head").count()).toBe(1);
    expect(await on.ada.page.locator(".day").allTextContents()).toEqual(["Today"]);
  });

  it("holds long words and right-to-left text", async () => {
    on.server.inference.script({ chunks: ["אלפקה היא בעל חיים."] });
    await on.ada.send("long".repeat(200));
    await on.ada.waitForReplies(1);
    expect(await on.ada.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    const text = on.ada.lastMessage.locator(".markdown");
    expect(await text.evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
  });
});

describe("the composer", () => {
  it("breaks lines at Shift+Enter and grows to eight of them", async () => {
    await on.ada.composer.focus();
    const heights: number[] = [];
    for (let line = 1; line <= 10; line++) {
      heights.push((await on.ada.composer.boundingBox())!.height);
      await on.ada.page.keyboard.type(`line ${line}`);
      await on.ada.page.keyboard.press("Shift+Enter");
    }
    expect(heights.slice(0, 8)).toEqual(Array.from({ length: 8 }, (_, index) => 40 + 22 * index));
    expect(heights[9]).toBe(heights[7]);
    expect(await on.ada.messages.count()).toBe(0);
  });

  it("completes commands and models by keyboard, and does not choose a broken one", async () => {
    await on.ada.composer.pressSequentially("/mo");
    await on.ada.page.locator(".completions[aria-busy=false]").getByRole("option", { name: /model/ }).waitFor();
    await on.ada.composer.press("Tab");
    await expect.poll(() => on.ada.composer.inputValue()).toBe("/model ");
    await on.ada.page
      .locator(".completions[aria-busy=false]")
      .getByRole("option", { name: /tiny-broken.*tokenizer.json is missing/ })
      .waitFor();
    await on.ada.composer.press("ArrowUp");
    await on.ada.composer.press("Enter");
    expect(await on.ada.composer.inputValue()).toBe("/model ");
    await on.ada.composer.press("ArrowUp");
    await on.ada.composer.press("Enter");
    await expect.poll(() => on.ada.composer.inputValue()).toBe("/model smollm2-135m-few-shot");
    await on.ada.page.locator(".completions").waitFor({ state: "detached" });
    await on.ada.composer.press("Enter");
    await on.ada.model.getByText("smollm2-135m-few-shot").waitFor();
  });

  it("completes the bot's mention", async () => {
    await on.ada.openChannel("general");
    await on.ada.composer.pressSequentially("hey @c");
    await on.ada.page.getByRole("option", { name: /@cria/ }).click();
    await expect.poll(() => on.ada.composer.inputValue()).toBe("hey @cria ");
    expect(await on.ada.composer.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it("keeps a text that is too long, and says how long it may be", async () => {
    await on.ada.composer.fill("x".repeat(MAX_MESSAGE_LENGTH + 1));
    await on.ada.page.getByText("32,001 characters; at most 32,000 can be sent.").waitFor();
    await on.ada.composer.press("Enter");
    expect((await on.ada.composer.inputValue()).length).toBe(MAX_MESSAGE_LENGTH + 1);
    expect(await on.ada.messages.count()).toBe(0);
  });

  it("says that a text is too long in the place of what was said of another", async () => {
    const { ada } = on;
    await ada.send("hello");
    await ada.waitForReplies(1);
    await ada.composer.press("ArrowUp");
    await ada.composer.fill("");
    await ada.composer.press("Enter");
    await ada.page.getByText("The message is empty.").waitFor();
    await ada.composer.fill("x".repeat(32_001));
    await ada.page.getByText("32,001 characters; at most 32,000 can be sent.").waitFor();
    await ada.composer.fill("x");
    expect(await ada.page.locator(".composer-problem").textContent()).toBe("");
  });

  it("keeps a text for each channel", async () => {
    await on.ada.composer.fill("for Cria");
    await on.ada.openChannel("general");
    expect(await on.ada.composer.inputValue()).toBe("");
    await on.ada.openNewChat();
    expect(await on.ada.composer.inputValue()).toBe("for Cria");
  });
});
