import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInferenceClient } from "@cria/bot-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findInstance } from "../deploy/instance.ts";
import { untilServing } from "../deploy/readiness.ts";
import { ROOT } from "../deploy/settings.ts";
import { LocalRun } from "./local-run.ts";
import { descendantRunning, descendants, isAlive } from "./processes.ts";

let stateDir: string;
const runs: LocalRun[] = [];
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "cria-test-"));
});
afterEach(async () => {
  await Promise.all(runs.splice(0).map((run) => run.stop()));
  rmSync(stateDir, { recursive: true, force: true });
});

async function start(env: NodeJS.ProcessEnv = {}): Promise<LocalRun> {
  const run = await LocalRun.start({ CRIA_STATE_DIR: stateDir, ...env });
  runs.push(run);
  return run;
}

describe("npm start", () => {
  it("ends with an address whose page answers, and Ctrl-C leaves nothing behind within three seconds", async () => {
    const run = await start();
    expect(await run.line(/Open http/)).toContain(run.webUrl);
    expect(run.output).toMatch(/smollm2-135m is loaded/);
    expect(await (await fetch(run.webUrl)).text()).toContain("<title>");
    const processes = descendants(run.pid);
    expect(processes.length).toBeGreaterThanOrEqual(2);
    expect(await run.stop()).toBeLessThan(3000);
    expect(run.output).not.toMatch(/ERROR|Error/);
    expect(processes.filter(isAlive)).toEqual([]);
  });

  it("leaves nothing behind even if it is killed the hard way", async () => {
    const run = await start();
    await run.line(/Open http/);
    const { pid } = await run.instance();
    const processes = descendants(pid);
    process.kill(pid, "SIGKILL");
    await expect.poll(() => processes.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  });

  it("ends with npm where a signal reaches npm alone, as a supervisor sends it", async () => {
    const run = await start();
    await run.line(/Open http/);
    const processes = descendants(run.pid);
    process.kill(run.pid, "SIGTERM");
    await expect.poll(() => processes.filter(isAlive), { timeout: 10_000 }).toEqual([]);
    expect(await findInstance(stateDir)).toBeUndefined();
  });

  it("starts a service again that died, at the same address", async () => {
    const run = await start();
    await run.line(/Open http/);
    const { inferenceAddress } = await run.instance();
    process.kill(descendantRunning(run.pid, "services/inference"), "SIGKILL");
    await run.line(/inference.*died \(SIGKILL\)/);
    const client = createInferenceClient({ address: inferenceAddress });
    await untilServing(client, AbortSignal.timeout(30_000));
    expect((await client.listModels()).map((model) => model.name)).toContain("smollm2-135m");
    client.close();
  });

  it("says that a port is taken, and what to do", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const run = await start({ CRIA_WEB_PORT: `${port}` });
    expect(await run.exitCode()).toBe(1);
    expect(run.output).toContain(`port ${port} of 127.0.0.1 is taken by another program`);
    expect(run.output).toContain(`CRIA_WEB_PORT=${port + 1} npm start`);
    expect(await findInstance(stateDir)).toBeUndefined();
    other.close();
  });

  it("does not start twice from one folder", async () => {
    const first = await start();
    await first.line(/Open http/);
    const second = await start();
    expect(await second.exitCode()).toBe(1);
    expect(second.output).toContain(
      `runs already from this folder: process ${(await first.instance()).pid}, ${first.webUrl}`,
    );
  });

  it("serves the rest when a model folder is broken, and names it", async () => {
    const modelsDir = join(stateDir, "models");
    mkdirSync(join(modelsDir, "broken"), { recursive: true });
    writeFileSync(join(modelsDir, "broken", "cria.json"), "{ not JSON");
    symlinkSync(join(ROOT, "models", "smollm2-135m"), join(modelsDir, "smollm2-135m"));
    const run = await start({ CRIA_MODELS_DIR: modelsDir, CRIA_DEFAULT_MODEL: "broken" });
    await run.line(/Open http/);
    expect(await run.line(/broken could not be loaded: /)).toMatch(/cria\.json|broken/);
    const client = createInferenceClient({ address: (await run.instance()).inferenceAddress });
    const models = await client.listModels();
    expect(models.map(({ name, error }) => [name, error !== ""])).toContainEqual(["smollm2-135m", false]);
    client.close();
  });

  it("stops and says why when a part cannot be kept running", async () => {
    const run = await start({ CRIA_DEVICES: "cuda:99" });
    expect(await run.exitCode()).toBe(1);
    expect(run.output).toMatch(/CRIA_DEVICES: device "cuda:99"/);
    expect(run.output).toMatch(/^\S+Z Cria: inference ended with exit code 2/m);
  });
});
