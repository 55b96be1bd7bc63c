import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../../deploy/settings.ts";
import { manifestOptions } from "../slack-server/manifest.ts";
import { type SlackServer, startSlackServer } from "../slack-server/slack-server.ts";

let server: SlackServer;

beforeEach(async () => {
  server = await startSlackServer(manifestOptions());
});

afterEach(async () => {
  await server.close();
});

function startMain(env: Readonly<Record<string, string>>) {
  const tokens = { CRIA_SLACK_BOT_TOKEN: server.botToken, CRIA_SLACK_APP_TOKEN: server.appToken };
  const child = spawn(process.execPath, ["--import", "tsx", "bots/slack/src/main.ts"], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...tokens, CRIA_SLACK_API_URL: server.apiUrl, ...env },
  });
  const exitCode = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, exitCode, output: Promise.all([text(child.stdout), text(child.stderr)]) };
}

describe("bots/slack/src/main.ts", () => {
  it.each([
    ["a token that is none", { CRIA_SLACK_BOT_TOKEN: "nonsense" }, /CRIA_SLACK_BOT_TOKEN must begin with xoxb-/],
    ["a token that Slack does not know", { CRIA_SLACK_BOT_TOKEN: "xoxb-wrong-one" }, /does not take the bot token/],
    [
      "a token that Slack does not know, by HTTP",
      { CRIA_SLACK_BOT_TOKEN: "xoxb-wrong-one", CRIA_SLACK_APP_TOKEN: "", CRIA_SLACK_SIGNING_SECRET: "shh" },
      /does not take the bot token/,
    ],
  ])("ends over %s with one line, and shows no token", async (_, env, line) => {
    const { exitCode, output } = startMain(env);
    expect(await exitCode).toBe(2);
    const [stdout, stderr] = await output;
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(stdout).toMatch(line);
    expect(stdout).not.toMatch(/wrong-one|nonsense|test-app-token/);
  });

  it("connects, and ends in peace on SIGTERM", async () => {
    const { child, exitCode, output } = startMain({});
    await server.until(() => server.socketMode.numConnections === 1);
    child.kill("SIGTERM");
    expect(await exitCode).toBe(0);
    const [stdout, stderr] = await output;
    expect(stderr).toBe("");
    expect(stdout).not.toMatch(/test-(bot|app)-token/);
    expect(server.socketMode.numConnections).toBe(0);
  });
});
