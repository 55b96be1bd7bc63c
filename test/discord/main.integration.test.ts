import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../../deploy/settings.ts";
import { bundleProgram } from "../bundle-program.ts";
import { DiscordServer } from "../discord-server/index.ts";

describe("bots/discord/src/main.ts", () => {
  let server: DiscordServer;
  let child: ChildProcessWithoutNullStreams;
  let program: string;
  beforeAll(async () => {
    program = await bundleProgram("bots/discord/src/main.ts");
  });
  beforeEach(async () => {
    server = await DiscordServer.start();
  });
  afterEach(async () => {
    child.kill("SIGKILL");
    await server.close();
  });

  function startMain(env: Readonly<Record<string, string>> = {}) {
    const own = { CRIA_DISCORD_TOKEN: server.token, CRIA_DISCORD_API_URL: server.apiUrl };
    child = spawn(process.execPath, [program], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...own, ...env },
    });
    const exitCode = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { exitCode, output: Promise.all([text(child.stdout), text(child.stderr)]) };
  }

  it.each([
    ["a token that is none", { CRIA_DISCORD_TOKEN: "nonsense" }, /CRIA_DISCORD_TOKEN is no bot token/],
    ["a token that Discord does not know", { CRIA_DISCORD_TOKEN: "wrong.one.here" }, /refuses the bot's token/],
  ])("ends over %s with one line, and shows no token", async (_, env, line) => {
    const { exitCode, output } = startMain(env);
    expect(await exitCode).toBe(2);
    const [stdout, stderr] = await output;
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual([expect.stringMatching(line)]);
    expect(stdout).not.toMatch(/wrong\.one|nonsense/);
  });

  it("ends with what to do when Discord closes the connection for good", async () => {
    const { exitCode, output } = startMain();
    await server.until(() => server.gateway.starts.length === 1, "a connection");
    server.resetToken();
    expect(await exitCode).toBe(2);
    const fatal = (await output)[0].split("\n").filter((line) => line.includes('"level":60'));
    expect(fatal).toEqual([expect.stringContaining("CRIA_DISCORD_TOKEN")]);
  });

  it("connects, and ends in peace on SIGTERM", async () => {
    const { exitCode, output } = startMain();
    await server.until(() => server.gateway.connections.size === 1, "a connection");
    child.kill("SIGTERM");
    expect(await exitCode).toBe(0);
    expect((await output)[1]).toBe("");
    expect(server.gateway.connections.size).toBe(0);
  });

  it("ends without having connected on SIGTERM while it waits for its Redis", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { exitCode } = startMain({
      CRIA_REDIS_URL: `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    });
    await once(silent, "connection");
    child.kill("SIGTERM");
    expect(await exitCode).toBe(0);
    expect(server.requests).toEqual([]);
    silent.close();
  });
});
