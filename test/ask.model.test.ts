import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalRun } from "./local-run.ts";
import { runScript } from "./run-command.ts";

let stateDir: string;
beforeAll(() => {
  stateDir = mkdtempSync(join(tmpdir(), "cria-test-"));
});
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

const ask = (args: readonly string[], stdin?: string, env: NodeJS.ProcessEnv = {}) =>
  runScript("ask", args, {
    env: { CRIA_STATE_DIR: stateDir, CRIA_INFERENCE_ADDRESS: "", ...env },
    ...(stdin && { stdin }),
  });

describe("npm run ask", () => {
  it("starts a service for the call, prints the reply and nothing else, and exits 0", async () => {
    const { exitCode, stdout, stderr } = await ask(["What is a dog?"]);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\w+ \w+ \w+/);
    expect(stdout).toMatch(/\n$/);
    expect(stdout).not.toMatch(/<\|im_/);
  });

  it("fails with the service's own words when that cannot start", async () => {
    const { exitCode, stderr } = await ask(["Hi"], undefined, { CRIA_DEVICES: "cuda:99" });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Cria: the inference service does not start: .*CRIA_DEVICES/);
  });

  describe("beside a running npm start", () => {
    let run: LocalRun;
    beforeAll(async () => {
      run = await LocalRun.start({ CRIA_STATE_DIR: stateDir, CRIA_LOG_LEVEL: "info" });
      await run.line(/Open http/);
    });
    afterAll(() => run.stop());

    it("asks the running service, taking the question from its input", async () => {
      const { exitCode, stdout } = await ask(["-"], "Write one sentence about the sea.\n");
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/\w/);
    });

    it("answers from the model that was named", async () => {
      const { exitCode, stdout } = await ask(["--model", "smollm2-135m-few-shot", "What is a dog?"]);
      expect(exitCode).toBe(0);
      expect(stdout).not.toContain("Human:");
    });

    it("fails with one line for a model that is not there, naming near ones", async () => {
      const { exitCode, stdout, stderr } = await ask(["--model", "smollm", "Hi"]);
      expect(exitCode).toBe(1);
      expect(stdout).toBe("");
      expect(stderr.trim().split("\n")).toHaveLength(1);
      expect(stderr).toMatch(/there are smollm2-135m, [^.]*\. Choose another with --model/);
    });
  });
});
