import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runScript } from "../../test/run-command.ts";
import { manifestOptions } from "../../test/slack-server/manifest.ts";
import { type SlackServer, startSlackServer } from "../../test/slack-server/slack-server.ts";
import { freePort } from "../ports.ts";
import { setUpSlack } from "./slack.ts";
import type { Terminal } from "./terminal.ts";

let server: SlackServer;

/** Somebody who answers as written, and what they were told. */
function createTerminal(...answers: string[]): Terminal & { readonly lines: string[] } {
  const lines: string[] = [];
  const ask = async (question: string) => {
    lines.push(question);
    return answers.shift() ?? "";
  };
  return { lines, say: (line) => void lines.push(line), ask, askSecret: ask };
}

beforeEach(async () => {
  server = await startSlackServer(manifestOptions());
});

afterEach(async () => {
  await server.close();
});

describe("setUpSlack", () => {
  it("takes tokens that Slack knows, and never shows them", async () => {
    const terminal = createTerminal(server.botToken, server.appToken);
    expect(await setUpSlack(terminal, server.apiUrl)).toEqual({
      CRIA_SLACK_BOT_TOKEN: server.botToken,
      CRIA_SLACK_APP_TOKEN: server.appToken,
    });
    const told = terminal.lines.join("\n");
    expect(told).toContain("Slack knows the bot, in the workspace Test.");
    expect(told).toContain("https://api.slack.com/apps?new_app=1&manifest_yaml=display_information");
    expect(told).not.toMatch(/test-(bot|app)-token/);
  });

  it("names the scope that is missing, what fails without it, and where to click", async () => {
    server.api.tokens.get(server.botToken)!.scopes = manifestOptions().scopes.filter((scope) => scope !== "files:read");
    const terminal = createTerminal(server.botToken, "", server.appToken);
    await setUpSlack(terminal, server.apiUrl);
    expect(terminal.lines.join("\n")).toMatch(
      /The scope files:read is missing: attached files cannot be read\.\n.*OAuth & Permissions → Scopes/,
    );
  });

  it("asks again once a missing scope was added", async () => {
    server.api.tokens.get(server.botToken)!.scopes = ["chat:write"];
    const terminal = createTerminal(server.botToken, "again", server.botToken, "", server.appToken);
    await setUpSlack(terminal, server.apiUrl);
    expect(server.calls("auth.test")).toHaveLength(2);
  });

  it("asks again for a wrong token, three times in all", async () => {
    const second = createTerminal("xoxb-wrong", server.botToken, server.appToken);
    await setUpSlack(second, server.apiUrl);
    expect(second.lines.join("\n")).toMatch(
      /does not take the bot token \(xoxb-\) \(invalid_auth\).*Bot User OAuth Token/,
    );
    await expect(setUpSlack(createTerminal("a", "b", "c"), server.apiUrl)).rejects.toThrow("invalid_auth");
  });

  it("asks again for a token where nothing was written, without a word to Slack", async () => {
    const terminal = createTerminal("", server.botToken, "", server.appToken);
    await setUpSlack(terminal, server.apiUrl);
    expect(terminal.lines.filter((line) => line.startsWith("That was empty."))).toHaveLength(2);
    expect(server.calls("auth.test")).toHaveLength(1);
  });

  it("tells a token of the wrong kind from one that is wrong", async () => {
    const swapped = createTerminal(server.appToken, server.botToken, server.botToken, server.appToken);
    await setUpSlack(swapped, server.apiUrl);
    const told = swapped.lines.join("\n");
    expect(told).toContain("another kind of token than the bot token");
    expect(told).toContain("another kind of token than the app-level token");
  });

  it("does not blame the token when Slack is down", async () => {
    server.api.failNext("auth.test", "internal_error");
    const terminal = createTerminal(server.botToken);
    await expect(setUpSlack(terminal, server.apiUrl)).rejects.toThrow("Slack answers internal_error just now");
  });

  it("says so once when Slack cannot be reached, and asks nothing more", async () => {
    const terminal = createTerminal("a", "b", "c");
    const nobody = `http://127.0.0.1:${await freePort("127.0.0.1")}/api/`;
    await expect(setUpSlack(terminal, nobody)).rejects.toThrow(/Slack cannot be reached \(.*ECONNREFUSED/);
    expect(terminal.lines.filter((line) => line.includes("The bot token"))).toHaveLength(1);
    expect(terminal.lines.join("\n")).not.toContain("cannot be reached");
  });
});

describe("npm run setup -- slack", () => {
  it("writes the tokens into a file that its owner alone can read, and shows neither", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cria-setup-"));
    const path = join(folder, ".env");
    const env = { CRIA_ENV_FILE: path, CRIA_SLACK_API_URL: server.apiUrl };
    const result = await runScript("setup", ["slack"], { env, stdin: `${server.botToken}\n${server.appToken}\n` });
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toContain(`Written to ${path}`);
    expect(result.stdout).not.toMatch(/test-(bot|app)-token/);
    expect(await readFile(path, "utf8")).toBe(
      `CRIA_SLACK_BOT_TOKEN=${server.botToken}\nCRIA_SLACK_APP_TOKEN=${server.appToken}\n`,
    );
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await rm(folder, { recursive: true });
  });
});
