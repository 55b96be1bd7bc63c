import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "./settings.ts";

const run = promisify(execFile);

let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cria-env-"));
  const file = join(folder, "cria.env");
  writeFileSync(file, `CRIA_MODELS_DIR=${folder}\nCRIA_WEB_PORT=none\n`);
  env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CRIA_")));
  env.CRIA_ENV_FILE = file;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the variables of the file that CRIA_ENV_FILE names", () => {
  it.each([
    ["start", []],
    ["ask", ["Hi"]],
    ["memory", ["show"]],
    ["feedback", ["export"]],
  ])("are known to npm run %s", async (script, args) => {
    const told = run("npm", ["run", "--silent", script, "--", ...args], { cwd: ROOT, env });
    await expect(told).rejects.toMatchObject({
      stderr: expect.stringContaining('CRIA_WEB_PORT="none": must be a port'),
    });
  });

  it("stop npm start at once where they are wrong, each told once whichever process reads it", async () => {
    const wrong = {
      CRIA_USER_MESSAGES_PER_MINUTE: "-3",
      CRIA_LOG_LEVEL: "loud",
      CRIA_MEMORY: "4GB",
      CRIA_WEB_PORT: "",
    };
    const tokens = { CRIA_SLACK_BOT_TOKEN: "xoxb-1", CRIA_SLACK_APP_TOKEN: "xapp-1", CRIA_DISCORD_TOKEN: "a.b.c" };
    const told = run("npm", ["start", "--silent"], {
      cwd: ROOT,
      env: { ...env, CRIA_STATE_DIR: folder, ...tokens, ...wrong },
    });
    const faults = [
      'CRIA_LOG_LEVEL="loud": must be one of trace, debug, info, warn, error, fatal, silent',
      'CRIA_MEMORY="4GB": must be a number and a unit, as "512MiB" or "4GiB"',
      'CRIA_USER_MESSAGES_PER_MINUTE="-3": must be a whole number of 1 or more',
    ];
    const where = `Change it in the environment or in ${env.CRIA_ENV_FILE}, then start again`;
    const line = `Cria: ${faults.join("; ")}. ${where}.\n`;
    const { code, stdout, stderr } = await told.catch((error) => error);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.replace(/^[\dT:-]+Z /, "(time) ")).toBe(`(time) ${line}`);
  });

  it("are known to npm run models, and go behind what is set", async () => {
    const models = async (own: NodeJS.ProcessEnv) =>
      (await run("npm", ["run", "--silent", "models", "--", "list"], { cwd: ROOT, env: own })).stdout;
    expect(await models(env)).toContain(`no models in ${folder}`);
    expect(await models({ ...env, CRIA_MODELS_DIR: ROOT })).toContain(`no models in ${ROOT}`);
  });
});
