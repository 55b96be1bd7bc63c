import { GatewayIntentBits } from "discord-api-types/v10";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiscordServer } from "../../test/discord-server/index.ts";
import { setUpDiscord } from "./discord.ts";
import type { Terminal } from "./terminal.ts";

let server: DiscordServer;

/** Somebody who answers as written, and what they were told. */
function createTerminal(...answers: string[]): Terminal & { readonly lines: string[] } {
  const lines: string[] = [];
  const ask = async (question: string) => {
    lines.push(question);
    return answers.shift() ?? "";
  };
  return { lines, say: (line) => void lines.push(line), ask, askSecret: ask };
}

describe("setUpDiscord", () => {
  beforeEach(async () => {
    server = await DiscordServer.start();
  });
  afterEach(() => server.close());

  it("takes a token that Discord knows, and gives the link that adds the bot", async () => {
    const terminal = createTerminal(server.token);
    expect(await setUpDiscord(terminal, server.apiUrl)).toEqual({ CRIA_DISCORD_TOKEN: server.token });
    const told = terminal.lines.join("\n");
    expect(told).toContain("Discord knows this bot as cria.");
    expect(told).toContain("Message Content intent is on");
    expect(told).toContain(`https://discord.com/oauth2/authorize?client_id=${server.world.bot.id}`);
    expect(told).not.toContain(server.token);
  });

  it("names the intent that is off, with where to click", async () => {
    server.setPrivilegedIntents(GatewayIntentBits.GuildPresences);
    const terminal = createTerminal(server.token);
    await setUpDiscord(terminal, server.apiUrl);
    expect(terminal.lines.join("\n")).toContain(`applications/${server.world.bot.id}/bot → Privileged Gateway Intents`);
  });

  it("asks again for a wrong token, three times in all", async () => {
    const second = createTerminal("wrong", server.token);
    expect(await setUpDiscord(second, server.apiUrl)).toEqual({ CRIA_DISCORD_TOKEN: server.token });
    const told = second.lines.join("\n");
    expect(told).toContain(
      "Discord does not take this token. Copy it anew: https://discord.com/developers/applications →",
    );
    expect(told).not.toMatch(/CRIA_DISCORD_TOKEN|npm run setup/);
    await expect(setUpDiscord(createTerminal("a", "b", "c"), server.apiUrl)).rejects.toThrow("Reset Token");
  });

  it("asks again for a token where nothing was written, without a word to Discord", async () => {
    const terminal = createTerminal("", "", server.token);
    expect(await setUpDiscord(terminal, server.apiUrl)).toEqual({ CRIA_DISCORD_TOKEN: server.token });
    expect(terminal.lines.filter((line) => line.startsWith("That was empty."))).toHaveLength(2);
    expect(terminal.lines.join("\n")).not.toMatch(/cannot be reached|does not take/);
  });

  it("says so when Discord cannot be reached, and asks nothing more", async () => {
    await expect(setUpDiscord(createTerminal("a"), "http://127.0.0.1:9/api")).rejects.toThrow("cannot be reached");
  });
});
