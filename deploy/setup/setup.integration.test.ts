import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DiscordServer } from "../../test/discord-server/index.ts";
import { runScript } from "../../test/run-command.ts";

describe("npm run setup", () => {
  it.each(["--help", "-h"])("explains itself with %s", async (flag) => {
    const { exitCode, stdout, stderr } = await runScript("setup", [flag]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: npm run setup -- discord\|slack\n/);
  });

  it.each([[[]], [["teams"]], [["slack", "discord"]]])("refuses %j as misuse, with its usage", async (args) => {
    const { exitCode, stderr } = await runScript("setup", args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^Cria: which platform\? Usage: npm run setup -- discord\|slack\n$/);
  });
});

describe("npm run setup where the environment has a token", () => {
  let server: DiscordServer;
  let folder: string;
  beforeEach(async () => {
    server = await DiscordServer.start();
    folder = await mkdtemp(join(tmpdir(), "cria-setup-"));
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  /** Sets Discord up with a file that holds `old`, and what it told at the end. */
  async function setUp(old: string, env: NodeJS.ProcessEnv): Promise<string> {
    const path = join(folder, ".env");
    await writeFile(path, `CRIA_DISCORD_API_URL=${server.apiUrl}\nCRIA_DISCORD_TOKEN=${old}\n`);
    const run = await runScript("setup", ["discord"], {
      env: { CRIA_ENV_FILE: path, ...env },
      stdin: `${server.token}\n`,
    });
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await readFile(path, "utf8")).toContain(`CRIA_DISCORD_TOKEN=${server.token}\n`);
    return run.stdout.slice(run.stdout.indexOf("Written to"));
  }

  it("warns that another one goes before the one written, and shows neither", async () => {
    const told = await setUp("a.b.c", { CRIA_DISCORD_TOKEN: "a.b.c" });
    expect(told).toContain(
      "The environment sets CRIA_DISCORD_TOKEN to another value, which goes before the file: unset it first.",
    );
    expect(told).not.toMatch(/a\.b\.c/);
    expect(told).not.toContain(server.token);
  });

  it("warns of none where the file alone had another, or the environment has the same", async () => {
    expect(await setUp("a.b.c", {})).not.toContain("The environment sets");
    expect(await setUp("a.b.c", { CRIA_DISCORD_TOKEN: server.token })).not.toContain("The environment sets");
  });
});
