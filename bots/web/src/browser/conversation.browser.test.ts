import { BotError } from "@cria/bot-core";
import { FinishReason } from "@cria/proto";
import { afterEach, describe, expect, it } from "vitest";
import { ChunkSource, NEVER } from "../testing/chunk-source.ts";
import { useStageWithAda } from "../testing/stage.ts";

const on = useStageWithAda();
afterEach(async () => {
  expect(on.ada.complaints).toEqual([]);
});

describe("a conversation on the page", () => {
  it("offers three things to try, which fill the composer", async () => {
    const suggestions = on.ada.page.locator(".suggestions button");
    await suggestions.nth(2).waitFor();
    const text = await suggestions.first().textContent();
    await suggestions.first().click();
    expect(await on.ada.composer.inputValue()).toBe(text);
    expect(await on.ada.composer.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it("streams a reply, shows Markdown, and then its figures in one line", async () => {
    on.server.inference.script({ chunks: ["A **loyal** ", "animal.\n\n", "| a | b |\n|---|---|\n| 1 | 2 |"] });
    await on.ada.send("What is a dog?");
    await on.ada.waitForReplies(1);
    expect(await on.ada.lastMessage.locator("strong").textContent()).toBe("loyal");
    expect(await on.ada.lastMessage.locator("td").allTextContents()).toEqual(["1", "2"]);
    expect(await on.ada.lastMessage.locator(".figures").textContent()).toMatch(
      /^smollm2-135m · 0\.01 s to first token · \d+ tok\/s · 4 tokens$/,
    );
    expect(await on.ada.lastMessage.locator(".figures").getAttribute("title")).toBe(
      "Prompt of 12 tokens, 4 from the cache",
    );
    expect(await on.ada.page.locator(".rounds").textContent()).toBe("1 round remembered");
  });

  it("says under a reply that the model thought, and shows no word of it", async () => {
    on.server.inference.script({ chunks: ["<think>\nDogs are", " animals.\n</think>\n", "A loyal animal."] });
    await on.ada.send("What is a dog?");
    await on.ada.waitForReplies(1);
    expect(await on.ada.lastMessage.locator(".markdown").textContent()).toBe("A loyal animal.\n");
    expect(await on.ada.lastMessage.locator(".figures").textContent()).toContain("· thought for 3 words ·");
  });

  it("has the default answer where the chosen model is gone, and says so with the answer", async () => {
    const { inference } = on.server;
    await on.ada.send("/model smollm2-135m-few-shot");
    await on.ada.model.getByText("smollm2-135m-few-shot").waitFor();
    inference.models = inference.models.filter(({ name }) => name !== "smollm2-135m-few-shot");
    inference.script({ chunks: ["A loyal animal."] });
    await on.ada.send("What is a dog?");
    await on.ada.waitForReplies(1);
    await on.ada.lastMessage.getByText("A loyal animal.").waitFor();
    await on.ada.lastMessage.getByText("The model smollm2-135m-few-shot is gone; smollm2-135m answers.").waitFor();
    expect(await on.ada.lastMessage.locator(".figures").textContent()).toMatch(/^smollm2-135m ·/);
    await on.ada.model.getByText("smollm2-135m", { exact: true }).waitFor();
  });

  it("links words to an address that the reply names at its end", async () => {
    on.server.inference.script({
      chunks: ["Read [the docs][1].\n\n", "That is all.\n\n", "[1]: https://example.com/docs\n"],
    });
    await on.ada.send("Where?");
    await on.ada.waitForReplies(1);
    const link = on.ada.lastMessage.getByRole("link", { name: "the docs" });
    expect(await link.getAttribute("href")).toBe("https://example.com/docs");
    await on.ada.page.reload();
    await link.waitFor();
  });

  it("keeps the reply in one place from its first state to its end", async () => {
    const chunks = new ChunkSource();
    let release = () => {};
    const queue = new Promise<void>((resolve) => {
      release = resolve;
    });
    on.server.inference.script({ queue, chunks });
    await on.ada.send("What is a dog?");
    const place = async () => (await on.ada.lastMessage.boundingBox())!;
    await on.ada.page.locator(".reply-status").waitFor();
    const first = await place();
    release();
    await on.ada.page.getByText("Reading 12 tokens, 4 from the cache").waitFor();
    expect(await place()).toEqual(first);
    chunks.push("A loyal");
    await on.ada.page.locator(".markdown.is-streaming", { hasText: "A loyal" }).waitFor();
    expect(await place()).toEqual(first);
    chunks.end();
    await on.ada.waitForReplies(1);
    expect(await place()).toEqual(first);
  });

  it("shows what a person wrote as it was typed, and what the bot wrote as Markdown", async () => {
    const text = "### Response:\n1. one\n   - **two**\n\n# three";
    on.server.inference.script({ chunks: [text] });
    await on.ada.send(text);
    await on.ada.waitForReplies(1);
    const [typed, reply] = [on.ada.messages.first(), on.ada.lastMessage].map((message) => message.locator(".markdown"));
    expect(await typed!.allInnerTexts()).toEqual([text.replaceAll("**", "")]);
    expect(await typed!.locator("strong").count()).toBe(1);
    expect(await reply!.locator("h3, h5").allInnerTexts()).toEqual(["Response:", "three"]);
  });

  it("says how many are ahead", async () => {
    on.server.inference.script({ hold: NEVER });
    await on.ada.send("first");
    await on.ada.page.locator(".reply-status").waitFor();
    await on.ada.send("second");
    await on.ada.page.getByText(/1 ahead of you/).waitFor();
  });

  it("shows how much of a model is loaded", async () => {
    on.server.inference.loadSteps = [{ loadedBytes: 41_000_000, totalBytes: 97_000_000 }];
    on.server.inference.loadHold = NEVER;
    await on.ada.send("/model smollm2-135m-few-shot");
    await on.ada.page.locator(".markdown").getByText("answers here from now on").waitFor();
    await on.ada.send("What is a dog?");
    await on.ada.page.getByText("41 of 97 MB").waitFor();
    expect(await on.ada.page.locator("progress").evaluate((bar: HTMLProgressElement) => bar.position)).toBeCloseTo(
      41 / 97,
    );
  });

  it("stops at Stop, keeps what was written and says so in the same place", async () => {
    on.server.inference.script({ chunks: ["A loyal"], hold: NEVER });
    await on.ada.send("What is a dog?");
    await on.ada.page.getByText("A loyal").waitFor();
    await on.ada.page.getByRole("button", { name: "Stop" }).click();
    await on.ada.page.getByText("Stopped by you").waitFor();
    expect(await on.ada.lastMessage.locator(".markdown p").textContent()).toBe("A loyal");
    expect(await on.ada.page.getByRole("button", { name: "Stop" }).count()).toBe(0);
  });

  it.each([
    [FinishReason.MAX_TOKENS, "Cut at the length limit"],
    [FinishReason.REPETITION, "Cut: it began to repeat itself"],
  ])("says that a reply was cut: %s", async (finishReason, line) => {
    on.server.inference.script({ chunks: ["again and again"], finishReason });
    await on.ada.send("Go on.");
    await on.ada.page.locator(".figures", { hasText: line }).waitFor();
  });

  it("keeps what was written when a reply fails, and answers anew on Retry", async () => {
    on.server.inference.script({ chunks: ["A loyal"], failure: new Error("gone") }, { chunks: ["A loyal animal."] });
    await on.ada.send("What is a dog?");
    await on.ada.page.locator(".failure").waitFor();
    expect(await on.ada.lastMessage.locator(".markdown p").textContent()).toBe("A loyal");
    await on.ada.page.getByRole("button", { name: "Retry" }).click();
    await on.ada.waitForReplies(1);
    expect(await on.ada.lastMessage.locator(".markdown p").textContent()).toBe("A loyal animal.");
    expect(await on.ada.messages.count()).toBe(3);
    expect(await on.ada.page.getByRole("button", { name: "Retry" }).count()).toBe(0);
  });

  it("offers no Retry where the same message cannot fit", async () => {
    on.server.inference.script({
      refusal: new BotError("MESSAGE_TOO_LONG", "The message is too long."),
    });
    await on.ada.send("A very long story");
    await on.ada.page.locator(".failure", { hasText: "too long" }).waitFor();
    expect(await on.ada.page.getByRole("button", { name: "Retry" }).count()).toBe(0);
  });

  it("folds a long message of a person, whose first line stays in sight where it is unfolded", async () => {
    on.server.inference.script({ chunks: ["Long."] });
    await on.ada.send(`The first line.\n\n${"word ".repeat(6_000)}\n\nThe last line.`);
    await on.ada.waitForReplies(1);
    const own = on.ada.messages.first();
    const height = async () => (await own.boundingBox())!.height;
    const screen = on.ada.page.viewportSize()!.height;
    expect(await height()).toBeLessThan(screen);
    await own.getByRole("button", { name: "Show more" }).click();
    await expect.poll(height).toBeGreaterThan(2 * screen);
    const top = (await own.boundingBox())!.y;
    expect(top).toBeGreaterThan(0);
    expect(top).toBeLessThan(screen);
    expect(await on.ada.page.getByRole("button", { name: "Jump to latest" }).count()).toBe(1);
    await own.getByRole("button", { name: "Show less" }).click();
    await expect.poll(height).toBeLessThan(screen);
    await own.getByText("The first line.").waitFor();
  });

  it("copies a reply and a block of code", async () => {
    await on.ada.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const clipboard = () => on.ada.page.evaluate(() => navigator.clipboard.readText());
    on.server.inference.script({ chunks: ["Run:\n\n```js\nrun();\n```"] });
    await on.ada.send("How?");
    await on.ada.waitForReplies(1);
    await on.ada.lastMessage.hover();
    await on.ada.page.getByRole("button", { name: "Copy code" }).click();
    await expect.poll(clipboard).toBe("run();");
    await on.ada.page.getByRole("button", { name: "Copy reply" }).click();
    await expect.poll(clipboard).toBe("Run:\n\n```js\nrun();\n```");
  });

  it("colours code once it is whole, and lets it scroll by itself", async () => {
    const chunks = new ChunkSource();
    on.server.inference.script({ chunks });
    await on.ada.send("How?");
    chunks.push(`\`\`\`js\nconst long = "${"x".repeat(400)}";\n`);
    const code = on.ada.lastMessage.locator("pre");
    await code.waitFor();
    await code.evaluate((pre) => {
      pre.scrollLeft = 100;
    });
    chunks.push("run();\n");
    await on.ada.page.getByText("run();").waitFor();
    expect(await code.evaluate((pre) => pre.scrollLeft)).toBe(100);
    expect(await code.locator(".hljs-keyword").count()).toBe(0);
    chunks.push("```\n");
    chunks.end();
    await code.locator(".hljs-keyword").waitFor();
    expect(await on.ada.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });

  it("names near matches of a wrong command", async () => {
    await on.ada.send("/modle smollm2-135m");
    await on.ada.page.locator(".markdown").getByText("Did you mean /model?").waitFor();
  });

  it("builds a block once, however long the reply becomes", async () => {
    const chunks = new ChunkSource();
    on.server.inference.script({ chunks });
    await on.ada.send("Tell me everything.");
    chunks.push("First paragraph.\n\nSecond.\n\nThird.");
    const first = on.ada.lastMessage.locator("p", { hasText: "First paragraph." });
    await first.waitFor();
    await on.ada.page.locator("p", { hasText: "Third" }).waitFor();
    await first.evaluate((paragraph) => paragraph.setAttribute("data-seen", ""));
    for (let count = 0; count < 100; count++) chunks.push(`\n${"word ".repeat(40)}\n`);
    chunks.end();
    await on.ada.waitForReplies(1);
    expect(await on.ada.lastMessage.locator("p[data-seen]").count()).toBe(1);
    expect(await on.ada.lastMessage.locator("p").count()).toBe(102);
  });

  it("tells a screen reader of finished replies, not of tokens", async () => {
    const chunks = new ChunkSource();
    on.server.inference.script({ chunks });
    await on.ada.send("What is a dog?");
    chunks.push("A loyal");
    await on.ada.page.locator(".markdown", { hasText: "A loyal" }).waitFor();
    const live = on.ada.page.locator("[aria-live=polite]");
    expect(await live.textContent()).toBe("");
    chunks.push(" animal.");
    chunks.end();
    await expect.poll(() => live.textContent()).toContain("Cria: A loyal animal.");
  });
});
