import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fakeModel, startInferenceServer } from "@cria/bot-core/testing";
import { Finished, type GenerateResponse, ListModelsResponse, Started } from "@cria/proto";
import { afterEach, describe, expect, it } from "vitest";
import { ROOT } from "../deploy/settings.ts";

const REPLY: readonly GenerateResponse[] = [
  { event: { $case: "started", value: Started.fromPartial({ promptTokens: 3 }) } },
  { event: { $case: "delta", value: { text: "It is so.", tokenIds: [], logprobs: [] } } },
  { event: { $case: "finished", value: Finished.fromPartial({ textLength: 9 }) } },
];
const children: ChildProcess[] = [];

/** A program of the tree, and its lines as they come. */
function start(path: string, env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ["--import", "tsx", path], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** The next line that matches. */
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${path} ended without ${pattern}`);
      if (pattern.test(value)) return value;
    }
  };
  return { child, line };
}

describe("npm run platforms", () => {
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  it("prints the variables that let the bots connect, and what they answer to what is typed", async () => {
    const { child, line } = start("test/platforms.ts");
    const command = await line(/ npm start$/);
    const env = Object.fromEntries(command.split(" ").flatMap((word) => (/=/.test(word) ? [word.split("=")] : [])));
    const inference = await startInferenceServer({
      listModels: (_, done) => done(null, ListModelsResponse.fromPartial({ models: [fakeModel()] })),
      generate: (call) => {
        for (const response of REPLY) call.write(response);
        call.end();
      },
    });
    for (const name of ["slack", "discord"]) {
      const bot = start(`bots/${name}/src/main.ts`, { ...env, CRIA_INFERENCE_ADDRESS: inference.address });
      await bot.line(/is connected/);
      child.stdin!.write(`${name} What is a dog?\n`);
      expect(await line(/cria: /)).toBe(`${name} cria: It is so.`);
    }
    inference.kill();
    child.stdin!.end();
    expect(await once(child, "close")).toEqual([0, null]);
  });
});
