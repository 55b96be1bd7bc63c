import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { SCOPES } from "./check-tokens.ts";

const manifest = parse(readFileSync(new URL("../../../deploy/slack-manifest.yaml", import.meta.url), "utf8"));
const sources = ["commands/ask-about.ts", "commands/slash-command.ts"].map((path) =>
  readFileSync(new URL(path, import.meta.url), "utf8"),
);

describe("deploy/slack-manifest.yaml", () => {
  it("asks for the scopes that the bot checks, and no other", () => {
    expect(manifest.oauth_config.scopes.bot.toSorted()).toEqual(Object.keys(SCOPES).sort());
  });

  it("has the command and the shortcut that the bot answers", () => {
    expect(sources.join()).toContain(`"${manifest.features.slash_commands[0].command}"`);
    expect(sources.join()).toContain(`"${manifest.features.shortcuts[0].callback_id}"`);
  });

  it("is an agent's, with messages and a Home tab", () => {
    expect(manifest.features).toMatchObject({
      agent_view: expect.anything(),
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: false },
    });
    expect(manifest.features).not.toHaveProperty("assistant_view");
  });
});
