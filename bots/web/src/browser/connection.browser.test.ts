import { startTcpProxy, type TcpProxy } from "@cria/bot-core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMemoryTimelineStore } from "../store/memory-timeline-store.ts";
import { ChunkSource } from "../testing/chunk-source.ts";
import { closePages, useBrowser } from "../testing/stage.ts";
import { TestPage } from "../testing/test-page.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import type { TimelineStore } from "../timeline/timeline-store.ts";
import { BOT } from "../wire.ts";

const stage = useBrowser();
let server: TestServer;
/** Between the page and its server. */
let network: TcpProxy;
let url: string;
let ada: TestPage;
let timelineStore: TimelineStore;

beforeEach(async () => {
  timelineStore = { ...createMemoryTimelineStore(), outlivesProcess: true };
  server = await startTestServer({ timelineStore });
  network = await startTcpProxy(Number(new URL(server.url).port));
  url = `http://127.0.0.1:${network.port}`;
  ada = await TestPage.join(stage.browser, url);
});
afterEach(async () => {
  await closePages(stage);
  await network.close();
  await server.close();
});

const connection = () => ada.page.locator(".connection");

describe("an address that is no text", () => {
  it("leads to the direct message", async () => {
    await ada.page.goto("about:blank");
    await ada.page.goto(`${url}/#%`);
    await ada.composer.waitFor();
    await ada.page.getByRole("button", { name: "random", exact: true }).click();
    await ada.page.getByRole("heading", { level: 1, name: "random" }).waitFor();
    expect(ada.complaints).toEqual([]);
  });
});

describe("a fifth window", () => {
  it("says why it is not connected, can write, and is connected once another closes", async () => {
    const windows = await Promise.all(Array.from({ length: 4 }, () => ada.page.context().newPage()));
    for (const page of windows.slice(0, 3)) {
      await page.goto(url);
      await page.locator(".connection").getByText("Connected").waitFor();
    }
    const fifth = windows[3]!;
    await fifth.goto(url);
    await fifth.getByText("You have 4 other windows open").waitFor();
    await fifth.locator("#composer").fill("hello from the fifth");
    await fifth.locator("#composer").press("Enter");
    await ada.messages.first().getByText("hello from the fifth").waitFor();
    await windows[0]!.close();
    await fifth.locator(".connection").getByText("Connected").waitFor();
    await fifth.getByText("You have 4 other windows open").waitFor({ state: "detached" });
  });
});

describe("a stream that the server asks to renew", () => {
  it("comes again as the same window, and nobody sees it", async () => {
    const windows: (string | null)[] = [];
    const once = "event: ping\ndata: \n\nevent: renew\ndata: \n\n";
    await ada.page.route("**/api/events*", (route) => {
      windows.push(new URL(route.request().url()).searchParams.get("window"));
      if (windows.length > 1) return route.continue();
      return route.fulfill({ contentType: "text/event-stream", body: once });
    });
    await ada.page.addInitScript(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => seen.push(document.querySelector(".connection")?.textContent ?? "")).observe(
        document,
        {
          subtree: true,
          childList: true,
          characterData: true,
        },
      );
    });
    await ada.page.reload();
    await expect.poll(() => windows.length).toBe(2);
    await ada.send("hello");
    await ada.waitForReplies(1);
    expect(windows[0]).toMatch(/^[\da-f]{24}$/);
    expect(windows[1]).toBe(windows[0]);
    const seen = await ada.page.evaluate(() => (window as unknown as { seen: string[] }).seen);
    expect(seen).toContain("Connected");
    expect(seen).not.toContain("Reconnecting…");
  });
});

describe("a sentence about what failed", () => {
  it("stays while the connection stands", async () => {
    await ada.openChannel("general");
    await ada.page.route("**/api/channels/general/messages", (route) =>
      route.fulfill({ status: 503, json: { error: "Not now." } }),
    );
    await ada.send("hello");
    await ada.page.getByText("Not now.").waitFor();
    const renewed = ada.page.waitForResponse("**/api/events*");
    await ada.page.evaluate(() => window.dispatchEvent(new Event("online")));
    await renewed;
    // What comes by the new stream comes after its first ping.
    const ben = await TestPage.join(stage.browser, server.url, "Ben");
    await ben.openChannel("general");
    await ben.send("hello from Ben");
    await ada.lastMessage.getByText("hello from Ben").waitFor();
    expect(await ada.page.getByText("Not now.").count()).toBe(1);
  });
});

describe("a channel that cannot be loaded", () => {
  let numAsked: number;
  const refuse = async (status: number, error: string) => {
    numAsked = 0;
    await ada.page.clock.install();
    await ada.page.reload();
    await connection().getByText("Connected").waitFor();
    await ada.page.route("**/api/channels/general", (route) => {
      numAsked++;
      return route.fulfill({ status, json: { error } });
    });
    await ada.openChannel("general");
    await ada.page.getByText(error).waitFor();
  };
  /** Whether the page asks within a minute. */
  const asksAgain = async () => {
    const before = numAsked;
    await ada.page.clock.fastForward(60_000);
    await ada.page.evaluate(() => fetch("/api/workspace").then((response) => response.text()));
    return numAsked > before;
  };

  it("is asked for again while it is shown, and its error goes when it comes", async () => {
    await refuse(503, "Not now.");
    expect(await asksAgain()).toBe(true);
    await ada.openChannel("random");
    expect(await asksAgain()).toBe(false);
    await ada.openChannel("general");
    await ada.page.getByText("Not now.").waitFor();
    await ada.page.unroute("**/api/channels/general");
    await ada.page.clock.fastForward(2_000);
    await ada.page.getByText("general is empty").waitFor();
    await ada.page.getByText("Not now.").waitFor({ state: "detached" });
  });

  it("is not asked for again where that is of no use", async () => {
    await refuse(404, "There is no channel #general.");
    expect(await asksAgain()).toBe(false);
  });
});

describe("when the connection is cut", () => {
  it("loses no word of a reply and repeats none", async () => {
    const chunks = new ChunkSource();
    server.inference.script({ chunks });
    await ada.send("Count.");
    const words = Array.from({ length: 60 }, (_, index) => `word${index} `);
    chunks.push(...words.slice(0, 20));
    await ada.page.getByText("word19").waitFor();
    const foot = ada.lastMessage.locator(".reply-foot");
    await foot.getByText("Stop").waitFor();
    const { height } = (await foot.boundingBox())!;
    await network.shut();
    await connection().getByText("Reconnecting").waitFor();
    expect(await foot.textContent()).toBe("Waiting for the chat server");
    expect((await foot.boundingBox())!.height).toBe(height);
    expect(await ada.lastMessage.locator(".is-streaming").count()).toBe(0);
    chunks.push(...words.slice(20, 40));
    await network.open();
    await ada.page.getByText("word39").waitFor();
    await foot.getByText("Stop").waitFor();
    chunks.push(...words.slice(40));
    chunks.end();
    await ada.waitForReplies(1);
    expect(await ada.lastMessage.locator("p").textContent()).toBe(words.join("").trim());
    await connection().getByText("Connected").waitFor();
  });

  it("shows a reply that ended meanwhile, and messages that were sent", async () => {
    await ada.openChannel("general");
    const ben = await TestPage.join(stage.browser, server.url, "Ben");
    await ben.openChannel("general");
    await network.shut();
    await connection().getByText("Reconnecting").waitFor();
    await ben.send("@cria say hello");
    await ben.waitForReplies(1);
    await network.open();
    await ada.waitForReplies(1);
    expect(await ada.messages.count()).toBe(2);
  });

  it("keeps a message that could not be sent, and posts it once", async () => {
    await network.shut();
    await connection().getByText("Reconnecting").waitFor();
    await ada.send("hello");
    await ada.page.getByText("The chat server cannot be reached.").waitFor();
    expect(await ada.composer.inputValue()).toBe("hello");
    await network.open();
    await connection().getByText("Connected").waitFor();
    await ada.composer.press("Enter");
    await ada.waitForReplies(1);
    expect(await ada.messages.count()).toBe(2);
  });

  it("finds everything again after the chat server was restarted", async () => {
    await ada.openChannel("general");
    await ada.send("before the restart");
    await ada.messages.first().waitFor();
    const port = Number(new URL(server.url).port);
    await server.close();
    await connection().getByText("Reconnecting").waitFor();
    server = await startTestServer({ timelineStore, port });
    await connection().getByText("Connected").waitFor();
    await ada.send("after the restart");
    await ada.page.getByText("after the restart").waitFor();
    expect(await ada.messages.count()).toBe(2);
    expect(await ada.page.getByText("Without Redis").count()).toBe(0);
  });

  it("says of a reply that the restart cut off that it is taken up again, and offers no other", async () => {
    const state = { type: "streaming" } as const;
    const answers = { messageId: "question", authorName: "Ada" };
    await timelineStore.put("random", { id: "question", atMs: 1, author: { id: "ada", name: "Ada" }, text: "A story" });
    await timelineStore.put("random", { id: "reply", atMs: 2, author: BOT, text: "Once upon", answers, state });
    await ada.openChannel("random");
    await ada.lastMessage.getByText("Cut off; it goes on within half a minute").waitFor();
    await ada.lastMessage.getByText("Once upon").waitFor();
    for (const name of ["Retry", "Stop", "Regenerate"])
      expect(await ada.lastMessage.getByRole("button", { name }).count()).toBe(0);
  });

  it("goes to the direct message where its channel is gone after a restart, and says so", async () => {
    await ada.page.getByRole("button", { name: "Add channel" }).click();
    await ada.page.getByLabel("Channel name").fill("herd");
    await ada.page.getByLabel("Channel name").press("Enter");
    await ada.page.getByRole("heading", { level: 1, name: "# herd" }).waitFor();
    const port = Number(new URL(server.url).port);
    await server.close();
    server = await startTestServer({ port });
    await ada.page.getByText("There is no channel #herd any more. The service was restarted.").waitFor();
    await ada.page.getByRole("heading", { level: 1, name: "New chat" }).waitFor();
    expect(await ada.page.getByRole("navigation").getByText("herd").count()).toBe(0);
    await ada.send("hello");
    await ada.waitForReplies(1);
  });

  it("says so where the restart forgot what was written", async () => {
    await ada.send("before the restart");
    await ada.waitForReplies(1);
    const port = Number(new URL(server.url).port);
    await server.close();
    server = await startTestServer({ port });
    await ada.page.getByText("The service was restarted. Without Redis it remembers nothing from before.").waitFor();
    expect(await ada.messages.count()).toBe(0);
  });

  it("asks for a name again when the server no longer knows the browser", async () => {
    const port = Number(new URL(server.url).port);
    await server.close();
    server = await startTestServer({ timelineStore, port, secret: "another secret" });
    await ada.page.getByLabel("What should others call you?").fill("Ada again");
    await ada.page.getByRole("button", { name: "Start chatting" }).click();
    await ada.send("hello");
    await ada.waitForReplies(1);
    expect(await ada.page.locator(".sidebar-foot b").textContent()).toBe("Ada again");
  });
});
