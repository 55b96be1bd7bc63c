import { describe, expect, it } from "vitest";
import { loadSlackConfig } from "./config.ts";

const tokens = { CRIA_SLACK_BOT_TOKEN: "xoxb-1", CRIA_SLACK_APP_TOKEN: "xapp-1" };

describe("loadSlackConfig", () => {
  it("takes Socket Mode where there is an app-level token", () => {
    expect(loadSlackConfig({ ...tokens, CRIA_SLACK_SIGNING_SECRET: "s", CRIA_SLACK_API_URL: "" })).toEqual({
      botToken: "xoxb-1",
      events: { type: "socket", appToken: "xapp-1" },
      apiUrl: undefined,
      followsThreads: true,
    });
  });

  it("takes HTTP without one", () => {
    const env = { CRIA_SLACK_BOT_TOKEN: "xoxb-1", CRIA_SLACK_SIGNING_SECRET: "s", CRIA_SLACK_THREADS: "0" };
    expect(loadSlackConfig({ ...env, CRIA_SLACK_PORT: "80", CRIA_SLACK_PROCESSES: "3" })).toMatchObject({
      events: { type: "http", signingSecret: "s", host: "127.0.0.1", port: 80, numProcesses: 3 },
      followsThreads: false,
    });
  });

  it("names every fault at once, where to find a token, and no secret", () => {
    const env = { CRIA_SLACK_BOT_TOKEN: "secret", CRIA_SLACK_APP_TOKEN: "secret", CRIA_SLACK_PORT: "99999" };
    const load = () => loadSlackConfig(env);
    expect(load).toThrow(/CRIA_SLACK_BOT_TOKEN must begin with xoxb-.*OAuth & Permissions/);
    expect(load).toThrow(/CRIA_SLACK_APP_TOKEN must begin with xapp-.*App-Level Tokens/);
    expect(load).toThrow(/CRIA_SLACK_PORT="99999": must be a port/);
    expect(load).toThrow(/npm run setup -- slack/);
    expect(load).not.toThrow(/secret/);
    for (const given of [{ CRIA_SLACK_BOT_TOKEN: "xoxb-1" }, { CRIA_SLACK_THREADS: "maybe" }])
      expect(() => loadSlackConfig(given)).toThrow(/CRIA_SLACK_APP_TOKEN is missing/);
    expect(() => loadSlackConfig({})).toThrow(/CRIA_SLACK_BOT_TOKEN is missing; find it at/);
  });
});
