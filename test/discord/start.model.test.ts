import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiscordServer } from "../discord-server/index.ts";
import { LocalRun } from "../local-run.ts";

let stateDir: string;
let server: DiscordServer;
let run: LocalRun | undefined;

/** As `npm run setup` leaves it. */
async function startWith(token: string): Promise<LocalRun> {
  const file = join(stateDir, "env");
  writeFileSync(file, `CRIA_DISCORD_TOKEN=${token}\nCRIA_DISCORD_API_URL=${server.apiUrl}\n`);
  run = await LocalRun.start({ CRIA_STATE_DIR: stateDir, CRIA_ENV_FILE: file });
  return run;
}

describe("npm start with a Discord token", () => {
  beforeEach(async () => {
    stateDir = mkdtempSync(join(tmpdir(), "cria-test-"));
    server = await DiscordServer.start();
  });
  afterEach(async () => {
    await run?.stop();
    await server.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it("answers a mention with the bundled model, and prints where to add the bot", async () => {
    const { guild, channel } = server.createGuild();
    const started = await startWith(server.token);
    await started.line(/discord .*Discord is connected/);
    expect(started.output).toContain("https://discord.com/oauth2/authorize?client_id=");
    await started.line(/Open http/);
    server.addPerson("Ann", guild).mention(channel, "What is an alpaca?");
    const isWhole = () => server.botTexts(channel).find((text) => /\n-# .*smollm2-135m · .* tokens$/.test(text));
    expect(await server.until(isWhole, "a whole reply")).toMatch(/\w+/);
    expect(started.output).not.toContain(server.token);
  });

  it("says where to get another token when Discord refuses it, and runs on without the bot", async () => {
    const started = await startWith("wrong.token.here");
    await started.line(/discord .*Discord refuses the bot's token/);
    await started.line(/discord .*CRIA_DISCORD_TOKEN; `npm run setup -- discord` helps/);
    await started.line(/discord ended with exit code 2; all else runs on/);
    await started.line(/Open http/);
    expect(started.output).not.toContain("at new ");
  });
});
