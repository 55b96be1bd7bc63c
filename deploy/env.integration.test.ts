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
  const file = join(folder, ".env");
  writeFileSync(file, `CRIA_MODELS_DIR=${folder}\nCRIA_WEB_PORT=none\n`);
  env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CRIA_")));
  env.CRIA_ENV_FILE = file;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the variables of .env", () => {
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

  it("are known to npm run models, and go behind what is set", async () => {
    const models = async (own: NodeJS.ProcessEnv) =>
      (await run("npm", ["run", "--silent", "models", "--", "list"], { cwd: ROOT, env: own })).stdout;
    expect(await models(env)).toContain(`no models in ${folder}`);
    expect(await models({ ...env, CRIA_MODELS_DIR: ROOT })).toContain(`no models in ${ROOT}`);
  });
});
