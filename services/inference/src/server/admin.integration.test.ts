import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import {
  call,
  closeTestServers,
  collect,
  failure,
  generateRequest,
  startTestServer,
  until,
} from "./test-server.fixture.ts";

afterEach(closeTestServers);

describe("AdminService", () => {
  it("tells the load", async () => {
    const { admin, inference, registry } = await startTestServer();
    await collect(inference.generate(generateRequest()));
    await expect(call((done) => admin.getLoad({}, done))).resolves.toMatchObject({
      models: [{ model: "fake", device: "cpu", running: 0, waiting: 0, maxNumSeqs: 4, maxWaiting: 8 }],
      draining: false,
      modelBytes: registry.get("fake").memoryBytes,
      modelBytesLimit: 5000,
      prefixCacheBytes: 30,
      prefixCacheBytesLimit: 40,
      residentBytes: expect.any(Number),
    });
  });

  it("drains: takes nothing new, lets the running finish, ends the rest", async () => {
    const { admin, inference, models } = await startTestServer({ runner: { beforeRun: () => new Promise(() => {}) } });
    const endless = failure(collect(inference.generate(generateRequest())));
    await until(async () => (await call<{ models: unknown[] }>((done) => admin.getLoad({}, done))).models.length > 0);
    const drained = call((done) => admin.drain({ timeout: { seconds: 0, nanos: 1e6 } }, done));
    await expect(drained).resolves.toEqual({ endedRequests: 1 });
    expect(await endless).toMatchObject({
      code: status.UNAVAILABLE,
      details: { reason: "DRAINING", retryDelayMs: 1000 },
    });
    for (const refused of [collect(inference.generate(generateRequest())), collect(models.loadModel({ name: "fake" }))])
      expect(await failure(refused)).toMatchObject({ code: status.UNAVAILABLE, details: { reason: "DRAINING" } });
    await expect(call((done) => models.listModels({}, done))).resolves.toBeDefined();
  });

  it("tells those who wait when the process stops", async () => {
    const { inference, registry, server } = await startTestServer({
      runner: { beforeRun: () => new Promise(() => {}) },
    });
    const endless = failure(collect(inference.generate(generateRequest())));
    await until(() => registry.leases === 1);
    await server.close(0);
    expect(await endless).toMatchObject({ code: status.UNAVAILABLE, details: { reason: "DRAINING" } });
  });
});
