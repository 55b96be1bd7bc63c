import { describe, expect, it } from "vitest";
import { loadDiscordConfig } from "./config.ts";

const TOKEN = "MTA1.Gabc.secret-part";

describe("loadDiscordConfig", () => {
  it("needs a token only", () => {
    expect(loadDiscordConfig({ CRIA_DISCORD_TOKEN: TOKEN, CRIA_DISCORD_GUILDS: "" })).toEqual({
      token: TOKEN,
      guildIds: [],
      followsThreads: true,
      apiUrl: undefined,
    });
  });

  it("reads guilds, threads and another address", () => {
    const config = loadDiscordConfig({
      CRIA_DISCORD_TOKEN: TOKEN,
      CRIA_DISCORD_GUILDS: "111111111111111111, 222222222222222222",
      CRIA_DISCORD_THREADS: "0",
      CRIA_DISCORD_API_URL: "http://127.0.0.1:1/api",
    });
    expect(config).toMatchObject({ guildIds: ["111111111111111111", "222222222222222222"], followsThreads: false });
    expect(config.apiUrl).toBe("http://127.0.0.1:1/api");
  });

  it("names every fault at once and repeats no secret", () => {
    const load = () =>
      loadDiscordConfig({ CRIA_DISCORD_TOKEN: "secret", CRIA_DISCORD_GUILDS: "x", CRIA_DISCORD_THREADS: "2" });
    expect(load).toThrow(
      /CRIA_DISCORD_TOKEN is no bot token.*CRIA_DISCORD_GUILDS="x": must be.*CRIA_DISCORD_THREADS="2": must be 0 or 1/,
    );
    expect(load).not.toThrow(/secret/);
    expect(() => loadDiscordConfig({})).toThrow(/is missing; find it at .*npm run setup -- discord/);
  });
});
