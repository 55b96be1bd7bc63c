import { FinishReason } from "@cria/proto";
import { describe, expect, it } from "vitest";
import { ChunkSource } from "../testing/chunk-source.ts";
import { useStage, WITH_FEEDBACK } from "../testing/stage.ts";

const stage = useStage(WITH_FEEDBACK);

describe("on a phone", () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

  it("slides the channels in and out", async () => {
    const { page } = await stage.join("Ada", phone);
    const sidebar = page.getByRole("navigation", { name: "Channels" });
    await sidebar.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Channels" }).tap();
    await sidebar.getByRole("button", { name: "random" }).tap();
    await page.getByRole("heading", { level: 1, name: "# random" }).waitFor();
    await sidebar.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Channels" }).tap();
    await page.keyboard.press("Escape");
    await sidebar.waitFor({ state: "hidden" });
  });

  it("takes the focus into the channels and back", async () => {
    const ada = await stage.join("Ada", { viewport: phone.viewport });
    const { page } = ada;
    await page.getByRole("button", { name: "Channels" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => ada.focused()).toBe("New chat");
    await page.keyboard.press("Escape");
    await expect.poll(() => ada.focused()).toBe("Channels");
    await page.keyboard.press("Enter");
    await expect.poll(() => ada.focused()).toBe("New chat");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "# random" }).waitFor();
    await expect.poll(() => ada.focused()).toBe("Message #random");
  });

  it("closes the channels behind whom leaves them, and goes on at their button", async () => {
    const ada = await stage.join("Ada", { viewport: phone.viewport });
    await ada.page.getByRole("button", { name: "Channels" }).focus();
    await ada.page.keyboard.press("Enter");
    await expect.poll(() => ada.focused()).toBe("New chat");
    await ada.page.keyboard.press("Tab");
    await ada.page.getByRole("navigation", { name: "Channels" }).waitFor({ state: "hidden" });
    await expect.poll(() => ada.focused()).toBe("Channels");
  });

  it("fits everything into the width, with areas of 40 px to hit", async () => {
    const { page } = await stage.join("Ada", phone);
    stage.server.inference.script({
      chunks: ["```js\n", "x".repeat(200), "\n```\n\n| a | b |\n|---|---|\n", "| y | z |".repeat(1)],
    });
    await page.locator("#composer").fill("hello");
    await page.getByRole("button", { name: "Send" }).tap();
    await page.locator(".reply-foot .figures").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(await page.locator("button:visible").evaluateAll(smallAreas)).toEqual([]);
  });

  it("breaks the figures under a reply between two of them, above all its buttons", async () => {
    const { page } = await stage.join("Ada", { ...phone, isMobile: true });
    stage.server.inference.script({ chunks: ["Once upon"], finishReason: FinishReason.MAX_TOKENS });
    for (const text of ["/feedback on", "A story"]) {
      await page.locator("#composer").fill(text);
      await page.getByRole("button", { name: "Send" }).tap();
    }
    await page.getByRole("button", { name: "Good reply" }).waitFor();
    const figures = page.locator(".reply-foot .figures > span");
    expect(await figures.allTextContents()).toEqual([
      "Cut at the length limit ·",
      "smollm2-135m ·",
      "0.01 s to first token ·",
      expect.stringMatching(/^\d+ tok\/s ·$/),
      "2 tokens",
    ]);
    const boxes = await Promise.all((await figures.all()).map((figure) => figure.boundingBox()));
    expect(new Set(boxes.map((box) => box!.y)).size).toBe(2);
    for (const box of boxes) expect(box!.height).toBeLessThan(20);
    const buttons = await page
      .locator(".reply-actions button")
      .evaluateAll((all) => all.map((button) => button.getBoundingClientRect().y));
    expect(buttons).toHaveLength(5);
    expect(new Set(buttons).size).toBe(1);
    expect(await page.locator("button:visible").evaluateAll(smallAreas)).toEqual([]);
  });

  it("keeps a reply in its place to its end", async () => {
    const ada = await stage.join("Ada", { ...phone, isMobile: true });
    const chunks = new ChunkSource();
    stage.server.inference.script({ chunks });
    await ada.send("What is a dog?");
    chunks.push("A loyal");
    await ada.page.locator(".is-streaming", { hasText: "A loyal" }).waitFor();
    const place = await ada.lastMessage.boundingBox();
    chunks.end();
    await ada.waitForReplies(1);
    expect(await ada.lastMessage.boundingBox()).toEqual(place);
  });

  it("names persona and rounds in the head, and brings up no keyboard that nobody asked for", async () => {
    const ada = await stage.join("Ada", { ...phone, isMobile: true });
    expect(await ada.composer.evaluate((element) => element === document.activeElement)).toBe(false);
    await ada.send("/system You are a shepherd.");
    await ada.page.locator(".persona").getByText("You are a shepherd.").waitFor();
    await ada.page.locator(".rounds").getByText("0 rounds").waitFor();
    expect(await ada.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  });
});

describe("a table that is wider than the page", () => {
  it("has a shadow where it goes on, and none at its end", async () => {
    const ada = await stage.join("Ada", { viewport: { width: 390, height: 844 } });
    const row = `|${" a wide cell |".repeat(12)}\n`;
    stage.server.inference.script({ chunks: [`${row}|${"---|".repeat(12)}\n${row}`] });
    await ada.send("A table");
    await ada.waitForReplies(1);
    const table = ada.page.locator(".table-scroll");
    /** How much darker the padding of the last row is at the right edge than at the left one. */
    const shade = async () => {
      const png = (await table.screenshot()).toString("base64");
      return await ada.page.evaluate(rightIsDarker, png);
    };
    expect(await shade()).toBeGreaterThan(20);
    await table.evaluate((element) => element.scrollTo(element.scrollWidth, 0));
    await expect.poll(shade).toBeLessThan(-20);
  });
});

describe("for who asked for less movement", () => {
  it("nothing moves", async () => {
    const { page } = await stage.join("Ada", { reducedMotion: "reduce" });
    stage.server.inference.script({ queue: new Promise(() => undefined) });
    await page.locator("#composer").fill("hello");
    await page.keyboard.press("Enter");
    await page.locator(".thinking").waitFor();
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  });
});

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  it("every text has a contrast of 4.5 to 1", async () => {
    const ada = await stage.join("Ada", { colorScheme });
    stage.server.inference.script(
      {
        chunks: [
          "# A\n\n> q\n\n`c` [l](https://example.com)\n\n```js\nconst a = 'b'; // c\n```\n\n| a |\n|---|\n| 1 |",
        ],
      },
      { chunks: ["half"], failure: new Error("gone") },
    );
    await ada.send("hello @cria");
    await ada.waitForReplies(1);
    await ada.send("again");
    await ada.page.locator(".failure").waitFor();
    await ada.page.locator(".hljs-keyword").waitFor();
    stage.server.inference.setServing(false);
    await ada.page.locator(".banner").waitFor();
    await ada.composer.fill("/");
    await ada.page.locator(".completions").waitFor();
    expect(await ada.page.evaluate(faintTexts)).toEqual([]);
  });
});

/** Runs in the page: buttons that a finger must hit within less than 40 px. */
function smallAreas(buttons: readonly Element[]): readonly string[] {
  const isSmall = (button: Element) => {
    const { width, height } = button.getBoundingClientRect();
    const area = getComputedStyle(button, "::before");
    const [beyondX, beyondY] =
      area.content === "none" ? [0, 0] : [area.left, area.top].map((side) => -Number.parseFloat(side));
    return width + 2 * beyondX! < 40 || height + 2 * beyondY! < 40;
  };
  return buttons.filter(isSmall).map((button) => button.outerHTML);
}

/** Runs in the page: how much darker a picture is a few pixels from its right edge than from its left one. */
async function rightIsDarker(png: string): Promise<number> {
  const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d")!;
  canvas.drawImage(picture, 0, 0);
  const lightest = (x: number) => {
    const { data } = canvas.getImageData(x, 0, 1, picture.height);
    return Math.max(...Array.from({ length: picture.height }, (_, y) => data[4 * y]!));
  };
  return lightest(3) - lightest(picture.width - 4);
}

/** Runs in the page: texts whose colour is too near to what is behind them. */
function faintTexts(): readonly string[] {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
  const channels = (color: string): readonly [number, number, number, number] => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red!, green!, blue!, alpha!];
  };
  const luminance = (color: string): number => {
    const [red, green, blue] = channels(color).map((value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const backgroundOf = (element: Element): string => {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (channels(backgroundColor)[3] === 255) return backgroundColor;
    }
    return getComputedStyle(document.documentElement).backgroundColor;
  };
  const contrast = (element: Element): number => {
    const [light, dark] = [luminance(getComputedStyle(element).color), luminance(backgroundOf(element))].sort(
      (a, b) => b - a,
    );
    return (light! + 0.05) / (dark! + 0.05);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint: string[] = [];
  while (walker.nextNode() !== null) {
    const element = walker.currentNode.parentElement!;
    const isShown = element.checkVisibility({ opacityProperty: true }) && walker.currentNode.textContent?.trim() !== "";
    if (isShown && contrast(element) < 4.5)
      faint.push(`${contrast(element).toFixed(2)} ${element.outerHTML.slice(0, 80)}`);
  }
  return faint;
}
