import { FinishReason } from "@cria/proto";
import type { BrowserContextOptions } from "playwright-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChunkSource } from "../testing/chunk-source.ts";
import { useStage } from "../testing/stage.ts";
import type { TestPage } from "../testing/test-page.ts";

const CODE = `Sort:\n\n\`\`\`js\n${"const alpaca = herd.find((animal) => animal.isYoung);\n".repeat(12)}\`\`\`\n\n`;
const TABLE = `| animal | young |\n|---|---|\n${"| alpaca | cria |\n".repeat(8)}\n\n`;
const LONG_REPLY = [CODE, "A **cria** is a young alpaca. ".repeat(20), "\n\n", TABLE, "- one\n- two\n\n", CODE];
const chunksOf = (parts: readonly string[]) => parts.join("").match(/[\s\S]{1,24}/g) ?? [];
const paragraphs = (count: number) => Array.from({ length: count }, (_, index) => `Paragraph ${index}.\n\n`);

const SIZES: readonly (readonly [string, BrowserContextOptions])[] = [
  ["1280 px wide", { viewport: { width: 1280, height: 800 } }],
  ["390 px wide", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
];

const stage = useStage();
let ada: TestPage;

const list = () => ada.page.locator(".timeline-scroll");
const toEnd = () =>
  list().evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
const top = () => list().evaluate(({ scrollTop }) => scrollTop);
const waitForEnd = () => expect.poll(toEnd).toBeLessThan(2);
const wayDown = () => ada.page.getByRole("button", { name: /Jump to latest|New messages/ });

/** Waits for all frames and their scroll events to have passed. */
const settle = () =>
  ada.page.evaluate(async () => {
    for (let frame = 0; frame < 4; frame++) await new Promise(requestAnimationFrame);
  });
const wheelUp = async (px: number) => {
  await list().hover();
  await ada.page.mouse.wheel(0, -px);
};
async function ask(text: string, chunks: readonly string[], finishReason = FinishReason.EOS): Promise<void> {
  const count = await ada.page.locator(".reply-foot .figures").count();
  stage.server.inference.script({ chunks, finishReason });
  await ada.send(text);
  await ada.waitForReplies(count + 1);
}

describe.each(SIZES)("the list of messages, %s", (_, options) => {
  beforeEach(async () => {
    ada = await stage.join("Ada", options);
    for (const text of ["One?", "Two?", "Three?"]) await ask(text, chunksOf(LONG_REPLY));
  });
  afterEach(async () => {
    expect(ada.complaints).toEqual([]);
  });

  it("follows messages and long replies after a reload, and after a look into another channel", async () => {
    await ada.page.reload();
    await ada.waitForReplies(3);
    await waitForEnd();
    for (const text of ["Four?", "Five?"]) {
      await ask(text, chunksOf(LONG_REPLY));
      await waitForEnd();
    }
    await ada.page.evaluate(() => {
      location.hash = "#general";
    });
    await ada.page.getByRole("heading", { level: 1, name: "# general" }).waitFor();
    await ada.page.goBack();
    await ada.waitForReplies(5);
    await waitForEnd();
    await ask("Six?", chunksOf(LONG_REPLY));
    await waitForEnd();
    expect(await wayDown().count()).toBe(0);
  });

  it("follows where the content has grown before the event of its own way down", async () => {
    await ada.page.reload();
    await ada.waitForReplies(3);
    await settle();
    await ada.page.evaluate(() => {
      const content = document.querySelector(".timeline-content")!;
      document.addEventListener(
        "scroll",
        () => {
          const late = document.createElement("div");
          late.style.height = "200px";
          if (content.children.length < 60) content.append(late);
        },
        { capture: true },
      );
    });
    await ask("Four?", chunksOf(LONG_REPLY));
    await settle();
    await waitForEnd();
  });

  it("follows where content that shrank and grew again has taken it up", async () => {
    await waitForEnd();
    await ada.page.evaluate(() => {
      const scroll = document.querySelector(".timeline-scroll")!;
      const content = document.querySelector(".timeline-content")!;
      const rows = [...content.children];
      content.replaceChildren();
      // The layout in between takes the list to its beginning, where the browser does not put it right by itself.
      if (scroll.scrollTop > 0) throw new Error("The list was not laid out.");
      content.append(...rows);
    });
    await settle();
    await waitForEnd();
    expect(await wayDown().count()).toBe(0);
    await ask("Four?", chunksOf(LONG_REPLY));
    await waitForEnd();
  });

  it("follows where a composer of many lines is measured anew at each key", async () => {
    const { width, height } = ada.page.viewportSize()!;
    // Only the composer's lines make the conversation longer than its place.
    await ada.page.setViewportSize({ width, height: height + (await top()) });
    await expect.poll(top).toBe(0);
    for (let line = 0; line < 3; line++) await ada.composer.press("Shift+Enter");
    for (const key of ["x", "y"]) {
      await ada.composer.press(key);
      await settle();
      expect(await toEnd()).toBeLessThan(2);
    }
    expect(await top()).toBeGreaterThan(0);
    expect(await wayDown().count()).toBe(0);
  });

  it("leaves the end for a reader without wheel, key or finger, as who searches in the page", async () => {
    await waitForEnd();
    await settle();
    await list().evaluate((element) => element.scrollBy(0, -400));
    await wayDown().waitFor();
    await settle();
    expect(await toEnd()).toBeGreaterThan(300);
  });

  it("stays at the end while the composer grows and shrinks", async () => {
    for (let line = 0; line < 7; line++) {
      await ada.composer.pressSequentially(`line ${line}`);
      await ada.composer.press("Shift+Enter");
    }
    await settle();
    expect(await toEnd()).toBeLessThan(2);
    await ada.composer.pressSequentially("x");
    await settle();
    expect(await toEnd()).toBeLessThan(2);
    stage.server.inference.script({ chunks: chunksOf(LONG_REPLY) });
    await ada.composer.press("Enter");
    await ada.waitForReplies(4);
    await waitForEnd();
  });

  it("stays at the end when a long reply is made anew", async () => {
    stage.server.inference.script({ chunks: chunksOf(LONG_REPLY) });
    await ada.page.getByRole("button", { name: "Regenerate" }).last().click();
    await settle();
    await ada.waitForReplies(3);
    await waitForEnd();
  });

  it("never pulls a reader who goes up slowly", async () => {
    const chunks = new ChunkSource();
    stage.server.inference.script({ chunks });
    await ada.send("Go on.");
    chunks.push(...paragraphs(30));
    await ada.page.getByText("Paragraph 28.").last().waitFor();
    await waitForEnd();
    const start = await top();
    for (let step = 0; step < 6; step++) {
      await wheelUp(1);
      chunks.push(...paragraphs(2));
      await settle();
    }
    const before = await top();
    expect(before).toBeLessThan(start);
    chunks.push(...paragraphs(30));
    chunks.end();
    await ada.waitForReplies(4);
    await settle();
    expect(await top()).toBe(before);
    expect(await toEnd()).toBeGreaterThan(400);
  });

  it("offers a way down to a reader who went up, and follows again from there", async () => {
    await wheelUp(900);
    await ada.page.getByRole("button", { name: "Jump to latest" }).click();
    await waitForEnd();
    await wayDown().waitFor({ state: "detached" });
    expect(await list().evaluate((element) => element === document.activeElement)).toBe(true);
    await ask("Four?", chunksOf(LONG_REPLY));
    await waitForEnd();
  });

  it("stays at the end when the window loses height, as to a keyboard on the screen", async () => {
    const { width, height } = ada.page.viewportSize()!;
    await ada.page.setViewportSize({ width, height: height - 300 });
    await waitForEnd();
    await ada.page.setViewportSize({ width, height });
    await waitForEnd();
    await ask("Four?", chunksOf(LONG_REPLY));
    await waitForEnd();
  });

  it("shows one's own message when it is sent, wherever one has read", async () => {
    await wheelUp(900);
    await wayDown().waitFor();
    await ask("Four?", chunksOf(LONG_REPLY));
    await waitForEnd();
    expect(await wayDown().count()).toBe(0);
  });
});
