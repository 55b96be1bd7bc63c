import { describe, expect, it } from "vitest";
import { badConfiguration, loadLocalSettings, ROOT, reachableHost } from "./settings.ts";

describe("loadLocalSettings", () => {
  it("listens on loopback and starts a Redis unless told otherwise", () => {
    const settings = loadLocalSettings({ CRIA_REDIS_URL: "", CRIA_WEB_HOST: "" });
    expect(settings).toMatchObject({
      webHost: "127.0.0.1",
      webPort: 3000,
      redisUrl: undefined,
      inferencePort: undefined,
    });
    expect(settings.stateDir).toMatch(/\.cria$/);
  });

  it.each(["http", "0", "65536", "80.5", "-1"])("refuses %j as a port and names the variable", (port) => {
    expect(() => loadLocalSettings({ CRIA_WEB_PORT: port })).toThrow(
      `CRIA_WEB_PORT=${JSON.stringify(port)}: must be a port`,
    );
  });

  it("names every port that is none", () => {
    expect(() => loadLocalSettings({ CRIA_WEB_PORT: "a", CRIA_PORT: "b" })).toThrow(
      /^CRIA_WEB_PORT="a": .*; CRIA_PORT="b": must be a port/,
    );
  });
});

describe("badConfiguration", () => {
  it.each([
    [undefined, ".env"],
    ["", ".env"],
    ["deploy/my.env", "deploy/my.env"],
    [`${ROOT}my.env`, "my.env"],
    ["/etc/cria.env", "/etc/cria.env"],
  ])("names the file that is read where CRIA_ENV_FILE is %j", (CRIA_ENV_FILE, shown) => {
    const { message } = badConfiguration(["CRIA_WEB_PORT is none"], { CRIA_ENV_FILE });
    expect(message).toBe(`CRIA_WEB_PORT is none. Change it in the environment or in ${shown}, then start again`);
  });
});

describe("reachableHost", () => {
  it.each([
    ["0.0.0.0", "127.0.0.1"],
    ["::", "127.0.0.1"],
    ["::1", "[::1]"],
    ["cria.local", "cria.local"],
  ])("reaches what listens on %s at %s", (host, reachable) => expect(reachableHost(host)).toBe(reachable));
});
