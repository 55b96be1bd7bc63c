import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ROOT } from "./settings.ts";

const run = promisify(execFile);
const env = {
  PATH: process.env.PATH,
  CRIA_SLACK_BOT_TOKEN: "xoxb-1",
  CRIA_SLACK_APP_TOKEN: "xapp-1",
  CRIA_DISCORD_TOKEN: "a.b.c",
};

describe("a process whose configuration is wrong", () => {
  it.each([
    ["services/inference", { CRIA_PORT: "-3", CRIA_MAX_WAITING: "-3" }],
    ["bots/web", { CRIA_WEB_PORT: "-3", CRIA_WINDOW: "-3" }],
    ["bots/slack", { CRIA_SLACK_THREADS: "-3", CRIA_WINDOW: "-3", CRIA_LOG_LEVEL: "-3" }],
    ["bots/discord", { CRIA_DISCORD_THREADS: "-3", CRIA_WINDOW: "-3", CRIA_LOG_LEVEL: "-3" }],
  ])("ends with 2 and names every fault at once: %s, %j", async (folder, wrong) => {
    const ended = run(process.execPath, ["--import", "tsx", `${folder}/src/main.ts`], {
      cwd: ROOT,
      env: { ...env, ...wrong },
    });
    const error = await ended.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 2 });
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    expect(`${stdout}${stderr}`).not.toMatch(/\n +at /);
    for (const name of Object.keys(wrong))
      expect(`${stdout}${stderr}`).toMatch(new RegExp(`${name}=\\W*-3\\W*: must be`));
  });
});
