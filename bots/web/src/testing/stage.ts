import type { BotCoreOptions } from "@cria/bot-core";
import type { Browser, BrowserContextOptions } from "playwright-core";
// biome-ignore lint/correctness/noUndeclaredDependencies: the root has it, for all tests
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { WebServerOptions } from "../web-server.ts";
import { launchBrowser } from "./browser.ts";
import { TestPage } from "./test-page.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

/** Where the tests of a file play. Its parts are there once its hooks have run. */
export interface Stage {
  /** One for all tests; its pages are closed after each. */
  readonly browser: Browser;
  /** A new one for each test. */
  readonly server: TestServer;
  /** Somebody comes to the page, in a browser session of their own. */
  join(name?: string, options?: BrowserContextOptions): Promise<TestPage>;
}

/** Registers the hooks of a browser for all tests of a file. */
export function useBrowser(): Pick<Stage, "browser"> {
  const stage = {} as { browser: Browser };
  beforeAll(async () => {
    // biome-ignore lint/style/noProcessEnv: tests are told so which browser to use
    stage.browser = await launchBrowser(process.env.CRIA_CHROMIUM);
  });
  afterAll(() => stage.browser.close());
  return stage;
}

/** Registers the hooks of a whole stage: a browser, and a server for each test. */
export function useStage(
  coreOptions: Partial<BotCoreOptions> = {},
  serverOptions: Partial<WebServerOptions> = {},
): Stage {
  const stage: Stage & { server: TestServer } = Object.assign(useBrowser() as Stage, {
    join: (name?: string, options?: BrowserContextOptions) =>
      TestPage.join(stage.browser, stage.server.url, name, options),
  });
  beforeEach(async () => {
    stage.server = await startTestServer(serverOptions, coreOptions);
  });
  afterEach(async () => {
    await closePages(stage);
    await stage.server.close();
  });
  return stage;
}

/** A stage on which Ada has come to the page already, before each test. */
export function useStageWithAda(...options: Parameters<typeof useStage>): Stage & { readonly ada: TestPage } {
  const stage = useStage(...options) as Stage & { ada: TestPage };
  beforeEach(async () => {
    stage.ada = await stage.join();
  });
  return stage;
}

/** Ratings are kept, nowhere. */
export const WITH_FEEDBACK: Partial<BotCoreOptions> = { feedback: { rate: async () => undefined } };

/** Closes all pages, which hold connections to their server. */
export async function closePages({ browser }: Pick<Stage, "browser">): Promise<void> {
  for (const context of browser.contexts()) await context.close();
}
