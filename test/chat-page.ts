import type { Browser, Locator, Page } from "playwright-core";

/** The chat page as someone uses it. */
export class ChatPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens the page in a browser profile of its own, as a new person. */
  static async open(browser: Browser, url: string, name: string): Promise<ChatPage> {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await page.getByLabel("What should others call you?").fill(name);
    await page.getByRole("button", { name: "Start chatting" }).click();
    await page.getByRole("log", { name: "Messages" }).waitFor();
    return new ChatPage(page);
  }

  async goTo(channel: string): Promise<void> {
    await this.#choose(channel, `# ${channel}`);
  }

  /** Opens an empty chat with the bot. */
  async goToNewChat(): Promise<void> {
    await this.#choose("New chat", "New chat");
  }

  async #choose(label: string, heading: string): Promise<void> {
    const sidebar = this.page.getByRole("navigation", { name: "Channels" });
    await sidebar.getByRole("button").filter({ hasText: label }).click();
    await this.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
  }

  async send(text: string): Promise<void> {
    const composer = this.page.locator("#composer");
    await composer.fill(text);
    await composer.press("Enter");
  }

  /** The messages of the open channel, oldest first. */
  get messages(): Locator {
    return this.page.getByRole("log", { name: "Messages" }).getByRole("article");
  }

  /** The newest reply, once it is over. */
  async finishedReply(): Promise<Locator> {
    const reply = this.messages.last();
    await reply.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
    await reply.locator(".figures, .failure").first().waitFor();
    return reply;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
