import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { useStageWithAda } from "../testing/stage.ts";

const NAME = "Alpaca Club of the Northern Highlands";

const on = useStageWithAda({}, { workspaceName: NAME });

const box = async (locator: Locator) => (await locator.boundingBox())!;

describe("how the page looks", () => {
  it("has room for a long name of the workspace, above the list", async () => {
    const name = on.ada.page.locator(".workspace b");
    expect(await name.textContent()).toBe(NAME);
    expect((await box(name)).height).toBe(40);
    const [workspace, list] = await Promise.all(
      [on.ada.page.locator(".workspace"), on.ada.page.locator(".sidebar-lists")].map(box),
    );
    expect(list!.y).toBeGreaterThanOrEqual(workspace!.y + workspace!.height);
    expect((await box(name)).y).toBeGreaterThan(workspace!.y);
  });

  it("shows the buttons of the newest reply to who points at nothing, and of others to who does", async () => {
    await on.ada.send("One");
    await on.ada.waitForReplies(1);
    await on.ada.send("Two");
    await on.ada.waitForReplies(2);
    await on.ada.page.mouse.move(0, 0);
    const opacities = () =>
      on.ada.page
        .getByRole("button", { name: "Copy reply" })
        .evaluateAll((buttons) => buttons.map((button) => getComputedStyle(button).opacity));
    expect(await opacities()).toEqual(["0", "1"]);
    await on.ada.messages.nth(1).hover();
    expect(await opacities()).toEqual(["1", "1"]);
  });

  it("cuts a long title in one word, and nothing beside it", async () => {
    await on.ada.page.setViewportSize({ width: 1280, height: 800 });
    await on.ada.send("a".repeat(200));
    await on.ada.waitForReplies(1);
    await on.ada.send("/system You answer every question in three lines of verse and with a proverb.");
    await on.ada.page.locator(".persona").waitFor();
    for (const width of [1280, 800]) {
      await on.ada.page.setViewportSize({ width, height: 800 });
      const isCut = (selector: string) =>
        on.ada.page.locator(selector).evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
      expect(await Promise.all(["h1", ".picker-name", ".rounds", ".channel-head"].map(isCut))).toEqual([
        true,
        false,
        false,
        false,
      ]);
    }
  });

  it("tells two people of one name apart, and names their ids to who points at them", async () => {
    await on.ada.openChannel("general");
    await on.ada.send("good morning");
    const head = on.ada.messages.locator(".message-head");
    await head.waitFor();
    expect(await head.locator(".name-tag").count()).toBe(0);
    const other = await on.join("Ada");
    await other.openChannel("general");
    await other.send("good evening");
    await head.nth(1).waitFor();
    const [tags, ids] = [
      await head.locator(".name-tag").allTextContents(),
      await head.locator("b").evaluateAll((names) => names.map((name) => name.getAttribute("title")!)),
    ];
    expect(new Set(tags).size).toBe(2);
    expect(ids.map((id) => id.slice(0, "id ".length + 4))).toEqual(tags.map((tag) => `id ${tag}`));
  });

  it("puts two compared replies side by side where there is room, each with its head, else one below the other", async () => {
    on.server.inference.script({ chunks: ["I am one."] }, { chunks: ["I am two."] });
    await on.ada.page.setViewportSize({ width: 1280, height: 800 });
    await on.ada.send("/compare smollm2-135m smollm2-135m-few-shot Who are you?");
    await on.ada.waitForReplies(2);
    const compared = on.ada.page.getByRole("group", { name: "Two models compared" }).getByRole("article");
    const places = async () => Promise.all((await compared.all()).map(box));
    const [left, right] = await places();
    expect(right!.y).toBe(left!.y);
    expect(right!.x).toBeGreaterThanOrEqual(left!.x + left!.width);
    expect(await compared.locator(".message-head b").allTextContents()).toEqual(["Cria", "Cria"]);
    expect(await compared.locator("strong").allTextContents()).toEqual(["smollm2-135m", "smollm2-135m-few-shot"]);
    await on.ada.page.setViewportSize({ width: 390, height: 844 });
    const [above, below] = await places();
    expect(below!.x).toBe(above!.x);
    expect(below!.y).toBeGreaterThanOrEqual(above!.y + above!.height);
  });

  it("has the same air between any two lines of nested lists", async () => {
    on.server.inference.script({
      chunks: ["1. one\n   - two\n     - three\n   - four\n2. five\n\n   - six\n\n   - seven\n3. eight"],
    });
    await on.ada.send("A list");
    await on.ada.waitForReplies(1);
    const tops = await on.ada.lastMessage
      .locator("li")
      .evaluateAll((items) => items.map((item) => item.getBoundingClientRect().y));
    const steps = tops.slice(1).map((top, index) => top - tops[index]!);
    expect(new Set(steps)).toEqual(new Set([26]));
  });

  it("sets a long failure as text, with Retry behind its end", async () => {
    await on.ada.page.setViewportSize({ width: 700, height: 800 });
    on.server.inference.script({ chunks: ["A loyal"], failure: new Error("gone") });
    await on.ada.send("What is a dog?");
    const failure = on.ada.page.locator(".failure");
    await failure.waitFor();
    await failure.evaluate((element) => {
      element.append(" It was a long story.".repeat(6), document.createElement("br"), "The end.");
    });
    const [text, main] = await Promise.all([failure, on.ada.lastMessage.locator(".message-main")].map(box));
    expect(text!.height).toBeGreaterThan(30);
    expect(text!.width).toBeGreaterThan(0.9 * main!.width);
    const lastLine = await failure.evaluate((element) => [...element.getClientRects()].at(-1)!.toJSON());
    const retry = await box(on.ada.page.getByRole("button", { name: "Retry" }));
    expect(retry.x).toBeGreaterThanOrEqual(lastLine.right);
    expect(Math.abs(retry.y + retry.height / 2 - (lastLine.top + lastLine.bottom) / 2)).toBeLessThan(6);
  });

  it("sets whom a reply answers on the line of its head", async () => {
    await on.ada.openChannel("general");
    await on.ada.send("@cria hello");
    await on.ada.waitForReplies(1);
    const baselines = await on.ada.lastMessage.locator(".message-head > :is(b, .answers, time)").evaluateAll((parts) =>
      parts.map((part) => {
        const mark = document.createElement("span");
        mark.style.display = "inline-block";
        part.append(mark);
        const { bottom } = mark.getBoundingClientRect();
        mark.remove();
        return bottom;
      }),
    );
    expect(baselines).toHaveLength(3);
    expect(new Set(baselines).size).toBe(1);
  });

  it("marks the model in use among the completions, as the list of models does", async () => {
    await on.ada.composer.pressSequentially("/model ");
    const inUse = on.ada.page.getByRole("option", { name: /in use/ });
    await inUse.waitFor();
    expect(await inUse.count()).toBe(1);
    expect(await inUse.locator("b").textContent()).toBe("smollm2-135m, in use");
    expect(await inUse.locator(".icon").count()).toBe(1);
  });
});
