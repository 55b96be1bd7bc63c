import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceServiceClient, ModelServiceClient } from "@cria/proto";
import { credentials } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { spawnService, stopServices } from "./main.fixture.ts";

let emptyDir: string;
beforeAll(() => {
  emptyDir = mkdtempSync(join(tmpdir(), "cria-test-"));
});
afterAll(() => rmSync(emptyDir, { recursive: true }));
afterEach(stopServices);

describe("the inference service", () => {
  it("tells where it listens, serves, and ends at SIGTERM", async () => {
    const service = spawnService({ CRIA_MODELS_DIR: emptyDir, CRIA_METRICS_PORT: "0" });
    const { port, metricsPort } = await service.line("listening on 127.0.0.1:");
    const client = new ModelServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const models = await new Promise((resolve, reject) =>
      client.listModels({}, (error, response) => (error ? reject(error) : resolve(response.models))),
    );
    expect(models).toEqual([]);
    expect(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()).toContain("cria_prompt_tokens_total");
    service.process.kill("SIGTERM");
    expect(await service.exited).toBe(0);
    expect(service.errors()).toBe("");
    client.close();
  });

  it("ends though clients stay connected", async () => {
    const service = spawnService({ CRIA_MODELS_DIR: emptyDir });
    const { port } = await service.line("listening");
    const client = new InferenceServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
    await new Promise<void>((resolve, reject) =>
      client.waitForReady(Number.POSITIVE_INFINITY, (error) => (error ? reject(error) : resolve())),
    );
    service.process.kill("SIGINT");
    expect(await service.exited).toBe(0);
    client.close();
  });

  it("names every wrong variable, and exits with 2", async () => {
    const service = spawnService({ CRIA_PORT: "http", CRIA_MEMORY: "much" });
    expect(await service.exited).toBe(2);
    expect(service.errors()).toMatch(/^CRIA_PORT="http": .*\nCRIA_MEMORY="much": .*\n$/);
  });

  it("names a device that is not there, and exits with 2", async () => {
    const service = spawnService({ CRIA_DEVICES: "cuda:99" });
    expect(await service.exited).toBe(2);
    expect(service.errors()).toMatch(/^CRIA_DEVICES: device "cuda:99" .*\n$/);
  });

  it.each(["CRIA_PORT", "CRIA_METRICS_PORT"])(
    "says in one line that the port of %s is taken, and exits with 3",
    async (name) => {
      const other = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => other.once("listening", resolve));
      const { port } = other.address() as { port: number };
      const service = spawnService({ [name]: `${port}`, CRIA_MODELS_DIR: emptyDir });
      expect(await service.exited).toBe(3);
      expect(service.errors()).toBe(
        `port ${port} of 127.0.0.1 is taken: stop what uses it or set ${name} to another\n`,
      );
      other.close();
    },
  );

  it("says that a host is not this machine's, and exits with 3", async () => {
    const service = spawnService({ CRIA_HOST: "192.0.2.1", CRIA_MODELS_DIR: emptyDir });
    expect(await service.exited).toBe(3);
    expect(service.errors()).toMatch(/^cannot listen at 192\.0\.2\.1, .*EADDRNOTAVAIL.*\n$/);
  });

  it("warns where others can reach it without a token", async () => {
    const open = spawnService({ CRIA_HOST: "0.0.0.0", CRIA_MODELS_DIR: emptyDir });
    expect(await open.line("no CRIA_TOKEN is set")).toMatchObject({ level: 40 });
  });

  it("warns that the default model does not exist, by its name", async () => {
    const service = spawnService({ CRIA_DEFAULT_MODEL: "nope", CRIA_MODELS_DIR: emptyDir });
    expect(await service.line('default model "nope"')).toMatchObject({
      level: 40,
      msg: `the default model "nope" (CRIA_DEFAULT_MODEL) is not in ${emptyDir}; none has a name like it; no model there works`,
    });
  });

  it("goes on when the model to preload cannot be loaded", async () => {
    const service = spawnService({ CRIA_PRELOAD: "1", CRIA_MODELS_DIR: emptyDir });
    await service.line("could not be loaded");
    expect(service.process.exitCode).toBeNull();
  });
});
