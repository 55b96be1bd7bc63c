import { type LoadModelResponse, ModelState } from "@cria/proto";
import { afterEach, describe, expect, it } from "vitest";
import { call, closeTestServers, collect, startTestServer } from "./test-server.fixture.ts";

afterEach(closeTestServers);

describe("ModelService", () => {
  it("lists every model, broken ones with the reason", async () => {
    const { models } = await startTestServer();
    const response = await call<{ models: { name: string; error: string; state: ModelState }[] }>((done) =>
      models.listModels({}, done),
    );
    expect(response.models.map(({ name }) => name)).toEqual(["broken", "fake", "fake-variant"]);
    expect(response.models[0]).toMatchObject({ state: ModelState.BROKEN, error: "tokenizer.json is missing" });
  });

  it("describes one model", async () => {
    const { models } = await startTestServer();
    await expect(call((done) => models.getModel({ name: "fake-variant" }, done))).resolves.toMatchObject({
      model: {
        base: "fake",
        promptFormat: { format: { $case: "completion" } },
        sampling: { temperature: 0, topP: 1 },
        eosToken: "</s>",
        licence: "Apache-2.0",
      },
    });
  });

  it("loads with progress, and unloads", async () => {
    const { models } = await startTestServer();
    const progress: LoadModelResponse[] = await collect(models.loadModel({ name: "fake" }));
    const totalBytes = progress[0]!.totalBytes;
    expect(progress.length).toBeGreaterThan(2);
    expect(progress[0]).toMatchObject({ loadedBytes: 0, totalBytes: expect.any(Number) });
    expect(progress.at(-1)).toMatchObject({
      loadedBytes: totalBytes,
      model: { state: ModelState.LOADED, device: "cpu" },
    });
    await expect(call((done) => models.unloadModel({ name: "fake" }, done))).resolves.toMatchObject({
      model: { state: ModelState.AVAILABLE },
    });
  });
});
