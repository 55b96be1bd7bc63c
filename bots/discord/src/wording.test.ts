import { describe, expect, it } from "vitest";
import { inDiscordWords } from "./wording.ts";

describe("inDiscordWords", () => {
  it("calls a workspace a server, and leaves options, names and quotes alone", () => {
    const text = "Workspaces: this workspace's. `/model --workspace x`, **workspace-7b**\n> my workspace";
    expect(inDiscordWords(text)).toBe(
      "Servers: this server's. `/model --workspace x`, **workspace-7b**\n> my workspace",
    );
  });
});
