import { once } from "node:events";
import { type ClientReadableStream, credentials, makeClientConstructor, status } from "@grpc/grpc-js";
import { service as healthService } from "grpc-health-check";
import { afterEach, describe, expect, it } from "vitest";
import { call, closeTestServers, failure, startTestServer } from "./test-server.fixture.ts";

const HealthClient = makeClientConstructor(healthService as never, "grpc.health.v1.Health");
const SERVICES = ["InferenceService", "ModelService", "AdminService"].map((name) => `cria.inference.v1.${name}`);
const clients: { close(): void }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await closeTestServers();
});

function connectHealth(address: string) {
  const client = new HealthClient(address, credentials.createInsecure());
  clients.push(client);
  return {
    check: (service: string) => call<{ status: string }>((done) => client.Check!({ service }, done)),
    watch: (service: string) => {
      const stream: ClientReadableStream<{ status: string }> = client.Watch!({ service });
      // Ends with the server.
      stream.on("error", () => {});
      return { next: async () => (await once(stream, "data"))[0].status };
    },
  };
}

describe("health", () => {
  it("speaks for the process, its services and each model, without a token", async () => {
    const { check } = connectHealth((await startTestServer({ token: "a token of many characters" })).address);
    await expect(check("")).resolves.toEqual({ status: "SERVING" });
    for (const name of SERVICES) await expect(check(name)).resolves.toEqual({ status: "SERVING" });
    await expect(check("fake-variant")).resolves.toEqual({ status: "SERVING" });
    await expect(check("broken")).resolves.toEqual({ status: "NOT_SERVING" });
    expect(await failure(check("nobody"))).toMatchObject({ code: status.NOT_FOUND });
  });

  it("tells those who watch that the service drains", async () => {
    const { address, admin } = await startTestServer();
    const { check, watch } = connectHealth(address);
    const watches = ["", "fake"].map(watch);
    expect(await Promise.all(watches.map(({ next }) => next()))).toEqual(["SERVING", "SERVING"]);
    const turned = Promise.all(watches.map(({ next }) => next()));
    await call((done) => admin.drain({ timeout: { seconds: 0, nanos: 0 } }, done));
    expect(await turned).toEqual(["NOT_SERVING", "NOT_SERVING"]);
    for (const name of ["", ...SERVICES]) await expect(check(name)).resolves.toEqual({ status: "NOT_SERVING" });
  });
});

describe("reflection", () => {
  /** A request with one text field, and the response's bytes, in which names can be looked for. */
  async function ask(version: string, field: number, text: string): Promise<string> {
    const { raw } = await startTestServer();
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const stream = raw.makeBidiStreamRequest(path, Buffer.from, (bytes) => bytes.toString("latin1"));
    stream.end(Buffer.from([(field << 3) | 2, text.length, ...Buffer.from(text)]));
    const [response] = await once(stream, "data");
    return response as unknown as string;
  }
  const LIST_SERVICES = 7;
  const FILE_CONTAINING_SYMBOL = 4;

  it.each(["v1", "v1alpha"])("lists the services (%s)", async (version) => {
    const services = await ask(version, LIST_SERVICES, "*");
    for (const name of SERVICES) expect(services).toContain(name);
    expect(services).toContain("grpc.health.v1.Health");
  });

  it("tells the contract of a service, imports included", async () => {
    const files = await ask("v1", FILE_CONTAINING_SYMBOL, "cria.inference.v1.InferenceService");
    expect(files).toContain("cria/inference/v1/inference.proto");
    expect(files).toContain("google/protobuf/duration.proto");
    expect(files).toContain("GenerateRequest");
  });
});
