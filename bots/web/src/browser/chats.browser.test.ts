import { describe, expect, it } from "vitest";
import { ChunkSource, NEVER } from "../testing/chunk-source.ts";
import { useStageWithAda } from "../testing/stage.ts";
import type { TestPage } from "../testing/test-page.ts";

const on = useStageWithAda();

/** The titles in the list of chats. */
const titles = (person: TestPage = on.ada) => person.page.locator(".chat-row .channel-label").allTextContents();
const heading = (person: TestPage = on.ada) => person.page.getByRole("heading", { level: 1 }).textContent();

async function ask(text: string): Promise<void> {
  await on.ada.openNewChat();
  await on.ada.send(text);
  await on.ada.waitForReplies(1);
}

describe("chats with the bot", () => {
  it("are listed by their first question, the one written in last first, each with a memory of its own", async () => {
    await ask("What is a dog?");
    await ask("And what is a cat?");
    await expect.poll(titles).toEqual(["And what is a cat?", "What is a dog?"]);
    expect(await on.ada.page.locator(".rounds").textContent()).toBe("1 round remembered");
    await on.ada.openChannel("What is a dog?");
    expect(await on.ada.page.locator(".rounds").textContent()).toBe("1 round remembered");
    await on.ada.send("Is it loyal?");
    await on.ada.waitForReplies(2);
    await expect.poll(titles).toEqual(["What is a dog?", "And what is a cat?"]);
    expect(await on.ada.page.locator(".rounds").textContent()).toBe("2 rounds remembered");
  });

  it("are listed once something is written in them", async () => {
    expect(await titles()).toEqual([]);
    await on.ada.openNewChat();
    await on.ada.send("/status");
    await expect.poll(titles).toEqual(["No question yet"]);
    await on.ada.send("What is a dog?");
    await expect.poll(titles).toEqual(["What is a dog?"]);
    expect(await heading()).toBe("What is a dog?");
  });

  it("are there after a reload, and the address names the one that is open", async () => {
    await ask("What is a dog?");
    await ask("And what is a cat?");
    await on.ada.page.reload();
    await on.ada.page.locator(".markdown").getByText("And what is a cat?").first().waitFor();
    expect(await titles()).toEqual(["And what is a cat?", "What is a dog?"]);
    await on.ada.page.goBack();
    await expect.poll(heading).toBe("What is a dog?");
    await on.ada.page.goto(on.server.url);
    await expect.poll(heading).toBe("And what is a cat?");
  });

  it("are found by the words of their titles", async () => {
    for (const text of ["What is a dog?", "What is a cat?", "Why is the sky blue?", "A haiku about dogs"])
      await ask(text);
    const search = on.ada.page.getByLabel("Search chats");
    await search.fill("DOG what");
    expect(await titles()).toEqual(["What is a dog?"]);
    await search.fill("alpaca");
    await on.ada.page.getByText("No chat has that in its title.").waitFor();
    await search.press("Escape");
    expect(await titles()).toHaveLength(4);
  });

  it("are renamed by their owner, in every window", async () => {
    await ask("What is a dog?");
    await on.ada.page.getByRole("button", { name: "More for “What is a dog?”" }).click();
    await on.ada.page.getByRole("button", { name: "Rename" }).click();
    const field = on.ada.page.getByLabel("Title");
    await expect.poll(() => field.inputValue()).toBe("What is a dog?");
    await field.fill("  ");
    await field.press("Enter");
    await on.ada.page.getByRole("alert").getByText("at least one character").waitFor();
    await field.fill("Animals <b>");
    await field.press("Enter");
    await expect.poll(titles).toEqual(["Animals <b>"]);
    expect(await heading()).toBe("Animals <b>");
    await on.ada.send("And a cat?");
    await on.ada.waitForReplies(2);
    await on.ada.page.reload();
    await expect.poll(titles).toEqual(["Animals <b>"]);
  });

  it("are deleted with all that is remembered, once that was asked back", async () => {
    await ask("What is a dog?");
    await ask("And what is a cat?");
    const more = on.ada.page.getByRole("button", { name: "More for “And what is a cat?”" });
    await more.click();
    await on.ada.page.getByRole("button", { name: "Delete" }).click();
    const question = on.ada.page.getByRole("alertdialog", { name: "Delete “And what is a cat?”?" });
    await question.getByRole("button", { name: "Keep" }).click();
    expect(await titles()).toHaveLength(2);
    expect(await on.ada.focused()).toBe("More for “And what is a cat?”");
    await more.click();
    await on.ada.page.getByRole("button", { name: "Delete" }).click();
    await question.getByRole("button", { name: "Delete" }).click();
    await expect.poll(titles).toEqual(["What is a dog?"]);
    await expect.poll(heading).toBe("What is a dog?");
  });

  it("leave what is being written in another window to a new chat", async () => {
    await ask("What is a dog?");
    const other = await on.ada.page.context().newPage();
    await other.goto(on.ada.page.url());
    await other.locator("#composer").fill("half a thought");
    await on.ada.page.getByRole("button", { name: "More for" }).click();
    await on.ada.page.getByRole("button", { name: "Delete" }).click();
    await on.ada.page.getByRole("button", { name: "Delete" }).last().click();
    await other.getByText("The chat was deleted. What you were writing").waitFor();
    await expect.poll(() => other.locator("#composer").inputValue()).toBe("half a thought");
  });

  it("are deleted while a reply is being written", async () => {
    on.server.inference.script({ chunks: ["A loyal"], hold: NEVER });
    await on.ada.openNewChat();
    await on.ada.send("What is a dog?");
    await on.ada.page.getByText("A loyal").waitFor();
    await on.ada.page.getByRole("button", { name: "More for" }).click();
    await on.ada.page.getByRole("button", { name: "Delete" }).click();
    await on.ada.page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await expect.poll(titles).toEqual([]);
    await on.ada.page.getByText("Talk with Cria").waitFor();
    expect(await on.ada.complaints).toEqual([]);
  });

  it("are managed by keyboard alone", async () => {
    await ask("What is a dog?");
    const { page } = on.ada;
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await page.getByRole("button", { name: "New chat", exact: true }).focus();
    await press("Tab");
    expect(await on.ada.focused()).toBe("What is a dog?");
    await press("Tab", "Enter", "Tab", "Enter");
    await expect.poll(() => on.ada.focused()).toBe("Title");
    await page.keyboard.type("Dogs");
    await press("Enter");
    await expect.poll(titles).toEqual(["Dogs"]);
    await expect.poll(() => on.ada.focused()).toBe("More for “Dogs”");
    await press("Enter", "Tab", "Tab", "Enter");
    await expect.poll(() => on.ada.focused()).toBe("Keep");
    await press("Escape");
    await expect.poll(() => on.ada.focused()).toBe("More for “Dogs”");
    await press("Enter", "Tab", "Tab", "Enter", "Shift+Tab", "Enter");
    await expect.poll(titles).toEqual([]);
    await expect.poll(() => on.ada.focused()).toBe("New chat");
  });

  it("are of their owner alone", async () => {
    await ask("What is a dog?");
    const ben = await on.join("Ben");
    expect(await titles(ben)).toEqual([]);
    await ben.page.goto(`${on.server.url}/${new URL(on.ada.page.url()).hash}`);
    await ben.page.getByText("Talk with Cria").waitFor();
  });

  it("slide in with the channels on a phone, where they are managed by a finger", async () => {
    const ben = await on.join("Ben", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const sidebar = ben.page.getByRole("navigation", { name: "Channels" });
    await ben.send("What is a dog?");
    await ben.waitForReplies(1);
    await ben.page.getByRole("button", { name: "Channels" }).tap();
    await sidebar.getByRole("button", { name: "More for" }).tap();
    await sidebar.getByRole("button", { name: "Rename" }).tap();
    await ben.page.getByLabel("Title").fill("Dogs");
    await sidebar.getByRole("button", { name: "Save" }).tap();
    await expect.poll(() => titles(ben)).toEqual(["Dogs"]);
    await ben.page.keyboard.press("Escape");
    await sidebar.waitFor({ state: "hidden" });
    await ben.page.getByRole("button", { name: "Channels" }).tap();
    await sidebar.getByRole("button", { name: "New chat" }).tap();
    await sidebar.waitFor({ state: "hidden" });
    expect(await heading(ben)).toBe("New chat");
  });
});

describe("what is unread", () => {
  const unread = (person: TestPage) => person.page.locator(".is-unread .channel-label").allTextContents();

  it("is still so after a reload, until it is read", async () => {
    const ben = await on.join("Ben");
    await ben.openChannel("random");
    await ben.send("Good morning.");
    await expect.poll(() => unread(on.ada)).toEqual(["random"]);
    await on.ada.page.reload();
    await expect.poll(() => unread(on.ada)).toEqual(["random"]);
    await on.ada.openChannel("random");
    await on.ada.page.locator(".markdown").getByText("Good morning.").waitFor();
    await on.ada.openNewChat();
    await on.ada.page.reload();
    await on.ada.page.getByText("Talk with Cria").waitFor();
    expect(await unread(on.ada)).toEqual([]);
    expect(await unread(ben)).toEqual([]);
  });

  it("includes what was written while the page was closed, and nothing from before the first visit", async () => {
    const ben = await on.join("Ben");
    await ben.openChannel("random");
    await ben.send("Good morning.");
    await expect.poll(() => unread(on.ada)).toEqual(["random"]);
    await on.ada.openChannel("random");
    await on.ada.openNewChat();
    const url = on.ada.page.url();
    await on.ada.page.goto("about:blank");
    await ben.send("Is anyone there?");
    await ben.page.locator(".markdown").getByText("Is anyone there?").waitFor();
    await on.ada.page.goto(url);
    await expect.poll(() => unread(on.ada)).toEqual(["random"]);
    const eve = await on.join("Eve");
    expect(await unread(eve)).toEqual([]);
  });

  it("is read in every window once it is in one", async () => {
    const ben = await on.join("Ben");
    const other = await on.ada.page.context().newPage();
    await other.goto(on.ada.page.url());
    await other.locator("#composer").waitFor();
    await ben.openChannel("random");
    await ben.send("Good morning.");
    const marked = other.locator(".is-unread .channel-label");
    await expect.poll(() => marked.allTextContents()).toEqual(["random"]);
    await expect.poll(() => unread(on.ada)).toEqual(["random"]);
    await on.ada.openChannel("random");
    await expect.poll(() => marked.allTextContents()).toEqual([]);
  });

  it("includes a reply that ended elsewhere", async () => {
    const chunks = new ChunkSource();
    on.server.inference.script({ chunks });
    await on.ada.send("What is a dog?");
    await on.ada.page.locator(".reply-status").waitFor();
    await on.ada.openChannel("random");
    expect(await unread(on.ada)).toEqual([]);
    chunks.push("A loyal animal.");
    chunks.end();
    await expect.poll(() => unread(on.ada)).toEqual(["What is a dog?"]);
    await on.ada.page.reload();
    await expect.poll(() => unread(on.ada)).toEqual(["What is a dog?"]);
    await on.ada.openChannel("What is a dog?");
    expect(await unread(on.ada)).toEqual([]);
  });
});
