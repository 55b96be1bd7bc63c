import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";

/** The chat page as a test uses it. */
export class TestPage {
  readonly page: Page;
  /** What the browser complained of: errors, refused loads, dialogs. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(`error: ${error.message}`));
    page.on("console", (line) => line.type() === "error" && this.complaints.push(`console: ${line.text()}`));
    page.on("dialog", async (dialog) => {
      this.complaints.push(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
  }

  /** Opens the page in a browser session of its own and chooses a name. */
  static async join(
    browser: Browser,
    url: string,
    name = "Ada",
    options: BrowserContextOptions = {},
  ): Promise<TestPage> {
    const context = await browser.newContext(options);
    const joined = new TestPage(await context.newPage());
    await joined.page.goto(url);
    await joined.page.getByLabel("What should others call you?").fill(name);
    await joined.page.getByRole("button", { name: "Start chatting" }).click();
    await joined.composer.waitFor();
    return joined;
  }

  get composer(): Locator {
    return this.page.locator("#composer");
  }

  get messages(): Locator {
    return this.page.getByRole("log").getByRole("article");
  }

  get lastMessage(): Locator {
    return this.messages.last();
  }

  get model(): Locator {
    return this.page.locator(".picker-name");
  }

  /** Opens an empty chat with the bot. */
  async openNewChat(): Promise<void> {
    await this.page.getByRole("button", { name: "New chat", exact: true }).click();
    await this.page.getByRole("heading", { level: 1, name: "New chat" }).waitFor();
  }

  /** Opens a channel, or a chat by its title. */
  async openChannel(name: string): Promise<void> {
    const label = this.page.locator(".channel-label").getByText(name, { exact: true });
    await this.page.locator(".channel-link").filter({ has: label }).click();
    await this.page.getByRole("heading", { level: 1, name }).waitFor();
  }

  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Escape");
    await this.composer.press("Enter");
  }

  /** Waits until `count` replies have their figures. */
  async waitForReplies(count: number): Promise<void> {
    await this.page
      .locator(".reply-foot .figures")
      .nth(count - 1)
      .waitFor();
  }

  /** What has the focus, by its label or its words. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      return element.getAttribute("aria-label") ?? element.textContent?.trim() ?? "";
    });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
