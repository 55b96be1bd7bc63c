import { describe, expect, it } from "vitest";
import { NEVER } from "../testing/chunk-source.ts";
import { useStage, WITH_FEEDBACK } from "../testing/stage.ts";
import type { TestPage } from "../testing/test-page.ts";

const stage = useStage(WITH_FEEDBACK);

describe("by keyboard alone", () => {
  it("one joins, changes the channel, switches the model and gets an answer", async () => {
    const ada = await stage.join();
    const { page } = ada;
    expect(await ada.focused()).toBe("Message Cria");
    await page.getByRole("button", { name: "Give me three ideas" }).waitFor();
    await page.keyboard.press("Shift+Tab");
    expect(await ada.focused()).toBe("Attach text files");
    await page.keyboard.press("Shift+Tab");
    expect(await ada.focused()).toBe("Give me three ideas for a rainy Sunday.");
    for (let count = 0; count < 4; count++) await page.keyboard.press("Shift+Tab");
    expect(await ada.focused()).toContain("smollm2-135m");
    await page.keyboard.press("Enter");
    await expect.poll(() => ada.focused()).toMatch(/^smollm2-135mloaded/);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    expect(await ada.focused()).toContain("smollm2-135m");
    await page.keyboard.press("Enter");
    await expect.poll(() => ada.focused()).toMatch(/^smollm2-135mloaded/);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator(".picker-name", { hasText: "few-shot" }).waitFor();
    // The chat, which is listed now, what else can be done with it, a new one, and the other channels.
    for (let count = 0; count < 6; count++) await page.keyboard.press("Shift+Tab");
    expect(await ada.focused()).toBe("#general");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "# general" }).waitFor();
    await expect.poll(() => ada.focused()).toBe("Message #general");
    await page.keyboard.type("@cria hello");
    await page.keyboard.press("Enter");
    await page.locator(".reply-foot .figures").waitFor();
  });

  it("the focus stays near a button that its press takes away", async () => {
    const ada = await stage.join();
    const { page } = ada;
    stage.server.inference.script(
      { chunks: ["A loyal"], hold: NEVER },
      { chunks: ["A loyal"], hold: NEVER },
      { chunks: ["A loyal"], failure: new Error("gone") },
      { chunks: ["A loyal animal."] },
    );
    const press = async (name: string) => {
      await page.getByRole("button", { name }).focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => ada.focused()).toMatch(/^Cria, \d\d:\d\d$/);
    };
    await ada.send("What is a dog?");
    await page.getByText("A loyal").waitFor();
    await press("Stop");
    await page.getByText("Stopped by you").waitFor();
    await press("Continue");
    await page.getByText("A loyalA loyal").waitFor();
    await page.keyboard.press("Tab");
    expect(await ada.focused()).toBe("Stop");
    await press("Stop");
    await page.getByText("Stopped by you").waitFor();
    await press("Regenerate");
    await page.locator(".failure").waitFor();
    await press("Retry");
    await ada.waitForReplies(1);
    await ada.composer.focus();
    await page.keyboard.press("ArrowUp");
    await page.getByRole("button", { name: "Cancel" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => ada.focused()).toBe("Message Cria");
    await page.getByRole("button", { name: "Add channel" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => ada.focused()).toBe("Channel name");
    await page.keyboard.press("Escape");
    await expect.poll(() => ada.focused()).toBe("Add channel");
  });

  it("the list of models opens at the one in use", async () => {
    const ada = await stage.join();
    await ada.send("/model smollm2-135m-few-shot");
    await ada.page.locator(".picker-name", { hasText: "few-shot" }).waitFor();
    await ada.page.locator(".picker-button").click();
    await expect.poll(() => ada.focused()).toMatch(/^smollm2-135m-few-shot/);
  });

  it("the list of models closes behind whom leaves it", async () => {
    const ada = await stage.join();
    const list = ada.page.getByRole("listbox", { name: "Models" });
    await ada.page.locator(".picker-button").focus();
    await ada.page.keyboard.press("Enter");
    await expect.poll(() => ada.focused()).toMatch(/^smollm2-135mloaded/);
    for (let count = 0; count < 3; count++) await ada.page.keyboard.press("Tab");
    await list.waitFor({ state: "detached" });
  });

  it("everything that takes the focus shows it", async () => {
    const { page } = await stage.join();
    const bare: string[] = [];
    for (let count = 0; count < 14; count++) {
      await page.keyboard.press("Tab");
      const mark = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const box = element.closest(".composer-box") ?? element;
        const { outlineStyle, boxShadow } = getComputedStyle(box);
        return { name: element.outerHTML.slice(0, 60), isBare: outlineStyle === "none" && boxShadow === "none" };
      });
      if (mark.isBare && !mark.name.startsWith("<body")) bare.push(mark.name);
    }
    expect(bare).toEqual([]);
  });
});

describe("in a screen reader", () => {
  const said = (person: TestPage) => person.page.locator("[aria-live=polite]");

  it("one hears what others write and what Cria says to commands, not oneself", async () => {
    const ada = await stage.join();
    const ben = await stage.join("Ben");
    for (const person of [ada, ben]) await person.openChannel("general");
    await ben.send("Good morning.");
    await expect.poll(() => said(ada).textContent()).toBe("Ben: Good morning.");
    expect(await said(ben).textContent()).toBe("");
    await ben.send("Good morning.");
    await expect.poll(() => said(ada).textContent()).toBe("Ben: Good morning.\u00a0");
    await ada.send("/modle x");
    for (const person of [ada, ben]) await expect.poll(() => said(person).textContent()).toContain("Did you mean");
  });

  it("everything has its role and its name", async () => {
    const ada = await stage.join();
    stage.server.inference.script({
      chunks: ["# Herd\n\n- [x] fed\n- [ ] shorn\n\n```js\nrun();\n```\n\n| a |\n|---|\n| 1 |\n"],
    });
    await ada.send("How?");
    await ada.waitForReplies(1);
    const reply = ada.lastMessage;
    await reply.getByRole("heading", { level: 3, name: "Herd" }).waitFor();
    for (const name of ["done", "to do"]) await reply.getByRole("img", { name, exact: true }).waitFor();
    for (const name of ["Code js", "Table"]) await reply.getByRole("group", { name }).waitFor();
    expect(await ada.page.getByRole("heading", { level: 1 }).allTextContents()).toEqual(["How?"]);
    const unnamed = await ada.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("button, input, textarea, a[href], [tabindex]")]
        .filter((element) => !element.getAttribute("aria-label") && !element.textContent?.trim())
        .map((element) => element.outerHTML),
    );
    expect(unnamed).toEqual([]);
  });

  it("that the model service went away is said in a place that was there before", async () => {
    const ada = await stage.join();
    const status = ada.page.locator("main > [role=status]");
    expect(await status.textContent()).toBe("");
    stage.server.inference.setServing(false);
    await expect.poll(() => status.textContent()).toContain("not reachable");
    await ada.page.locator(".picker-button").click();
    await ada.page.getByRole("alert").getByText("its models are not known").waitFor();
  });
});
