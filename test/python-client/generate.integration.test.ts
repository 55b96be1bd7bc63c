import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { closeTestServers, startTestServer } from "../../services/inference/src/server/test-server.fixture.ts";

const SCRIPT = fileURLToPath(new URL("generate.py", import.meta.url));
const PYTHON = process.env.CRIA_TEST_PYTHON || "python3";
const hasGrpc = spawnSync(PYTHON, ["-c", "import grpc_tools"]).status === 0;
if (!hasGrpc)
  console.warn(`skipped: the client in Python, as ${PYTHON} has no grpcio-tools (CRIA_TEST_PYTHON names one)`);

afterEach(closeTestServers);

function run(...args: string[]) {
  return promisify(execFile)(PYTHON, [SCRIPT, ...args]);
}

describe.skipIf(!hasGrpc)("a client in Python, from the contract alone", () => {
  it("generates text", async () => {
    const { address } = await startTestServer({ reply: "Hello, 世界 😀" });
    const { stdout } = await run(address, "fake", "Hi");
    expect(stdout).toBe("Hello, 世界 😀\nFINISH_REASON_EOS\n");
  });

  it("hears what was wrong", async () => {
    const { address } = await startTestServer();
    await expect(run(address, "nobody", "Hi")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('NOT_FOUND: model "nobody" does not exist'),
    });
  });
});
