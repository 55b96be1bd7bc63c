import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser } from "../bots/web/src/testing/browser.ts";
import { ROOT } from "../deploy/settings.ts";
import { ChatPage } from "./chat-page.ts";
import { LocalRun } from "./local-run.ts";

/** Takes the README's picture (`npm run picture`): the page as `npm start` serves it, answers by the bundled model. */
const FILE = join(ROOT, "docs/images/chat.png");
const CHATS = ["Name one good breakfast.", "What is an alpaca, in one sentence?"];
const QUESTIONS = [
  "@cria What is a dog, in one sentence?",
  "@cria Write a haiku about the sea.",
  "@cria Why is the sky blue?",
];

const stateDir = await mkdtemp(join(tmpdir(), "cria-picture-"));
const run = await LocalRun.start({ CRIA_STATE_DIR: stateDir, CRIA_WEB_NAME: "Alpaca Club" });
const browser = await launchBrowser();
try {
  await run.line(/Open http/);
  const chat = await ChatPage.open(browser, run.webUrl, "Ada");
  await chat.page.setViewportSize({ width: 1280, height: 800 });
  for (const question of CHATS) {
    await chat.goToNewChat();
    await chat.send(question);
    await chat.messages.filter({ hasText: question }).waitFor();
    await chat.finishedReply();
  }
  await chat.goTo("general");
  await chat.send("Has anyone tried the new assistant?");
  for (const question of QUESTIONS) {
    await chat.send(question);
    await chat.messages.filter({ hasText: question }).waitFor();
    await chat.finishedReply();
  }
  await chat.page.screenshot({ path: FILE });
} finally {
  await browser.close();
  await run.stop();
  await rm(stateDir, { recursive: true, force: true });
}
