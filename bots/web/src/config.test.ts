import { describe, expect, it } from "vitest";
import { loadWebConfig } from "./config.ts";

describe("loadWebConfig", () => {
  it("listens on loopback unless told otherwise", () => {
    expect(loadWebConfig({ CRIA_WEB_PORT: "" })).toEqual({
      host: "127.0.0.1",
      port: 3000,
      allowedHosts: [],
      secret: undefined,
      stateDir: ".cria",
      workspaceName: "Cria",
    });
  });

  it("reads every variable", () => {
    const env = {
      CRIA_WEB_HOST: "0.0.0.0",
      CRIA_WEB_PORT: "8080",
      CRIA_WEB_ALLOWED_HOSTS: "chat.example.org, Chat.Example.com",
      CRIA_WEB_SECRET: "sixteen characters",
      CRIA_STATE_DIR: "/var/lib/cria",
      CRIA_WEB_NAME: "Alpaca Club",
    };
    expect(loadWebConfig(env)).toEqual({
      host: "0.0.0.0",
      port: 8080,
      allowedHosts: ["chat.example.org", "chat.example.com"],
      secret: "sixteen characters",
      stateDir: "/var/lib/cria",
      workspaceName: "Alpaca Club",
    });
  });

  it("names every fault at once, without the secret", () => {
    const env = { CRIA_WEB_PORT: "70000", CRIA_WEB_SECRET: "short" };
    expect(() => loadWebConfig(env)).toThrow(
      'CRIA_WEB_PORT="70000": must be a port, 0 to 65535; CRIA_WEB_SECRET must have 16 characters or more.',
    );
  });
});
