import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
});
