import { beforeEach, describe, expect, it } from "vitest";
import { useStage } from "../testing/stage.ts";
import type { TestPage } from "../testing/test-page.ts";

const ATTACKS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)><iframe srcdoc='<script>alert(1)</script>'>",
  "[click](javascript:alert(1)) <javascript:alert(1)>",
  "[click](  JaVaScRiPt:alert(1))",
  '[click](https://example.com/"onmouseover="alert(1))',
  "![x](https://tracker.example/pixel.png)",
  '```"><script>alert(1)</script>\n<script>alert(1)</script>\n```',
  '| <img src=x onerror=alert(1)> |\n|---|\n| <a href="javascript:alert(1)">x</a> |',
  "<style>body{display:none}</style><form action=https://evil.example><input name=password>",
  "&#60;script&#62;alert(1)&#60;/script&#62;",
];

const stage = useStage();
let ada: TestPage;
let requests: string[];
beforeEach(async () => {
  ada = await stage.join();
  requests = [];
  ada.page.on("request", (request) => requests.push(request.url()));
});

async function expectHarmless(): Promise<void> {
  const content = ada.page.locator(".timeline-content");
  for (const link of await content.locator("a").all()) await link.hover();
  expect(await content.locator("script, iframe, form, input, style, svg:not(.icon), object, embed").count()).toBe(0);
  expect(await content.locator("img:not([src='/alpaca.svg'])").count()).toBe(0);
  const attributes = await content.evaluate((root) =>
    [...root.querySelectorAll("*")].flatMap((element) => element.getAttributeNames()),
  );
  expect(attributes.filter((name) => name.startsWith("on"))).toEqual([]);
  const targets = await content
    .locator("a")
    .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).protocol));
  expect(targets.filter((protocol) => !["https:", "http:", "mailto:"].includes(protocol))).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(stage.server.url))).toEqual([]);
  expect(ada.complaints).toEqual([]);
}

describe("the page", () => {
  it("shows attacks in a reply as text, also while they stream", async () => {
    for (const [index, attack] of ATTACKS.entries()) {
      stage.server.inference.script({ chunks: [...attack].map(String) });
      await ada.send("Go on.");
      await ada.waitForReplies(index + 1);
    }
    await expectHarmless();
    await ada.page.getByText("<script>alert(1)</script>").first().waitFor();
  });

  it("shows attacks in people's messages as text", async () => {
    await ada.openChannel("general");
    for (const [index, attack] of ATTACKS.entries()) {
      await ada.send(attack);
      await ada.messages.nth(index).waitFor();
    }
    await expectHarmless();
  });

  it("opens links in a new tab that cannot reach back, and shows where they lead", async () => {
    stage.server.inference.script({ chunks: ["[Alpacas](https://example.com/alpacas)"] });
    await ada.send("Where?");
    await ada.waitForReplies(1);
    const link = ada.lastMessage.locator("a");
    const attributes = ["target", "rel", "title"].map((name) => link.getAttribute(name));
    expect(await Promise.all(attributes)).toEqual([
      "_blank",
      "noopener noreferrer nofollow",
      "https://example.com/alpacas",
    ]);
    expect(await link.evaluate((element) => getComputedStyle(element, "::after").content)).toContain("example.com");
  });

  it("takes no HTML as a name", async () => {
    const context = await stage.browser.newContext();
    const page = await context.newPage();
    await page.goto(stage.server.url);
    await page.getByLabel("What should others call you?").fill("<b>Eve</b>");
    await page.getByRole("button", { name: "Start chatting" }).click();
    await page.getByText("A name begins with a letter or digit").waitFor();
    await page.getByLabel("What should others call you?").fill("O'Neil-Ümit");
    await page.getByRole("button", { name: "Start chatting" }).click();
    await page.locator(".sidebar-foot b", { hasText: "O'Neil-Ümit" }).waitFor();
  });

  it("asks nobody but its server for anything", async () => {
    await ada.page.reload();
    await ada.composer.waitFor();
    expect(requests.filter((url) => !url.startsWith(stage.server.url))).toEqual([]);
    expect(ada.complaints).toEqual([]);
  });

  it("runs no inline script even if one came in", async () => {
    const ran = await ada.page.evaluate(async () => {
      const script = document.createElement("script");
      try {
        script.textContent = "window.ran = true";
        document.head.append(script);
      } catch {
        return "refused by trusted types";
      }
      return "ran" in window ? "ran" : "refused";
    });
    expect(ran).toMatch(/^refused/);
  });
});
