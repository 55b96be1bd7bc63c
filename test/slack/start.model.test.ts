import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LocalRun } from "../local-run.ts";
import { manifestOptions } from "../slack-server/manifest.ts";
import { type SlackServer, startSlackServer } from "../slack-server/slack-server.ts";
import { shownText } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";

let stateDir: string;
let server: SlackServer;
let run: LocalRun | undefined;

describe("npm start with Slack's tokens", () => {
  beforeEach(async () => {
    stateDir = mkdtempSync(join(tmpdir(), "cria-test-"));
    server = await startSlackServer(manifestOptions());
  });
  afterEach(async () => {
    await run?.stop();
    await server.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it("answers a mention with the bundled model, and switches it in the thread", async () => {
    const file = join(stateDir, "env");
    const tokens = `CRIA_SLACK_BOT_TOKEN=${server.botToken}\nCRIA_SLACK_APP_TOKEN=${server.appToken}\n`;
    writeFileSync(file, `${tokens}CRIA_SLACK_API_URL=${server.apiUrl}\n`);
    run = await LocalRun.start({ CRIA_STATE_DIR: stateDir, CRIA_ENV_FILE: file });
    await run.line(/slack .*Slack is connected/);
    await run.line(/Open http/);
    const ann = server.people.addUser("Ann");
    const channel = server.people.addChannel("general", [ann]);
    const question = server.people.mention(channel, ann, "What is an alpaca?");
    const [reply] = await repliesTo(server, question);
    expect(shownText(reply!)).toMatch(/\w+/);
    expect(JSON.stringify(reply!.blocks)).toMatch(/smollm2-135m · .* tokens/);
    server.people.mention(channel, ann, "model smollm2-135m-few-shot", { threadTs: question.ts });
    await server.until(() => server.replies(question).length === 2);
    server.people.say(channel, ann, "And a llama?", { threadTs: question.ts });
    const replies = await repliesTo(server, question, 2);
    expect(JSON.stringify(replies.at(-1)!.blocks)).toContain("smollm2-135m-few-shot");
    expect(server.world.violations).toEqual([]);
    expect(run.output).not.toMatch(/test-(bot|app)-token/);
  });
});
