import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimInstance, findInstance } from "./instance.ts";

const instance = { pid: 42, inferenceAddress: "127.0.0.1:1", webUrl: "http://127.0.0.1:2" };
let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "cria-"));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

/** As `npm start` is once Ctrl-Z has suspended it: connections come about, and nobody is there. */
async function suspendedInstance(): Promise<() => void> {
  const server = createServer();
  server.listen(join(stateDir, "local.sock"));
  await once(server, "listening");
  return () => server.close();
}

describe("claimInstance", () => {
  it("tells who asks where the instance is, until it lets go", async () => {
    expect(await findInstance(stateDir)).toBeUndefined();
    const letGo = await claimInstance(stateDir, instance);
    expect(await findInstance(stateDir)).toEqual(instance);
    letGo();
    expect(await findInstance(stateDir)).toBeUndefined();
  });

  it("refuses a folder that another instance has, and says which", async () => {
    const letGo = await claimInstance(stateDir, instance);
    await expect(claimInstance(stateDir, instance)).rejects.toThrow(
      "runs already from this folder: process 42, http://127.0.0.1:2",
    );
    letGo();
  });

  it("takes over what a killed instance left", async () => {
    writeFileSync(join(stateDir, "local.sock"), "");
    const letGo = await claimInstance(stateDir, instance);
    expect(await findInstance(stateDir)).toEqual(instance);
    letGo();
  });

  it("makes the folder, and says why one cannot be made", async () => {
    const letGo = await claimInstance(join(stateDir, "a", "b"), instance);
    letGo();
    writeFileSync(join(stateDir, "file"), "");
    for (const taken of [join(stateDir, "file"), join(stateDir, "file", "below"), "/proc/cria/state"])
      await expect(claimInstance(taken, instance)).rejects.toThrow(`CRIA_STATE_DIR is ${taken}, which cannot be`);
  });

  it("says what to do about one that does not answer", async () => {
    const letGo = await suspendedInstance();
    await expect(claimInstance(stateDir, instance)).rejects.toThrow(/does not answer.*`fg`/);
    letGo();
  });
});

describe("findInstance", () => {
  it("gives up with the signal's reason, whatever it waits for", async () => {
    const letGo = await suspendedInstance();
    const stopping = new AbortController();
    const asking = findInstance(stateDir, stopping.signal);
    const reason = new Error("Ctrl-C");
    stopping.abort(reason);
    await expect(asking).rejects.toBe(reason);
    letGo();
  });
});
