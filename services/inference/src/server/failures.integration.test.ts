import { type Client, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import type { EngineModel } from "../engine/generation.ts";
import type { StepPlan } from "../engine/step-plan.ts";
import { createGate } from "../gate.fixture.ts";
import { createHealth } from "./health.ts";
import {
  call,
  closeTestServers,
  collect,
  failure,
  generateRequest,
  startTestServer,
  until,
} from "./test-server.fixture.ts";

/** What a model's health says once it is looked at. */
function healthOf(name: string, registry: Parameters<typeof createHealth>[0]): string {
  const health = createHealth(registry);
  let status = "";
  const addService = (_: unknown, { check }: { check: (call: object, done: Callback<{ status: string }>) => void }) => {
    check({ request: { service: name } }, (_, response) => {
      status = response.status;
    });
  };
  health.addToServer({ addService } as never);
  return status;
}

type Callback<T> = (error: ServiceError | null, response: T) => void;

afterEach(closeTestServers);

describe("a failed request", () => {
  it("names every bad field", async () => {
    const { inference } = await startTestServer();
    const bad = generateRequest({ sampling: { temperature: -1, topP: 2 }, stopping: { maxTokens: 0 } });
    const { code, message, details } = await failure(collect(inference.generate(bad)));
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(message).toContain("sampling.temperature is -1; must be 0 to 2");
    expect(details?.reason).toBe("INVALID_ARGUMENT");
    expect(details?.fieldViolations?.map(({ field }) => field)).toEqual([
      "sampling.temperature",
      "sampling.top_p",
      "stopping.max_tokens",
    ]);
  });

  it.each([
    ["fakes", status.NOT_FOUND, { reason: "MODEL_NOT_FOUND", metadata: { nearest: "fake,fake-variant" } }],
    ["broken", status.FAILED_PRECONDITION, { reason: "MODEL_BROKEN" }],
  ])("tells of the model %s", async (model, code, details) => {
    const { inference } = await startTestServer();
    expect(await failure(collect(inference.generate(generateRequest({ model }))))).toMatchObject({ code, details });
  });

  it("says how long a prompt may be", async () => {
    const { inference, registry } = await startTestServer();
    const long = generateRequest({ prompt: [{ text: "x".repeat(200_000) }] });
    expect(await failure(collect(inference.generate(long)))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: {
        reason: "PROMPT_TOO_LONG",
        fieldViolations: [{ field: "prompt", description: expect.stringMatching(/^has at least 200000 tokens/) }],
        metadata: { promptTokens: "200000", maxModelLen: "64" },
      },
    });
    expect(registry.leases).toBe(0);
  });

  it("is told to come back when the queue is full", async () => {
    const { inference } = await startTestServer({
      maxWaiting: 1,
      runner: { maxNumSeqs: 1, beforeRun: () => new Promise(() => {}) },
    });
    const results = Array.from({ length: 6 }, () => failure(collect(inference.generate(generateRequest()))));
    const first = await Promise.race(results);
    expect(first).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: { reason: "QUEUE_FULL" } });
    expect(first.details?.retryDelayMs).toBeGreaterThan(0);
    void Promise.allSettled(results);
  });

  it("is refused at once while the model loads, when more than may run and wait are there", async () => {
    let finishLoad = () => {};
    const loaded = new Promise<void>((resolve) => {
      finishLoad = resolve;
    });
    const { inference, registry } = await startTestServer({
      maxWaiting: 4,
      maxNumSeqs: 16,
      beforeLoad: () => loaded,
    });
    const outcomes = { refused: 0, answered: 0 };
    const calls = Array.from({ length: 1_500 }, async () => {
      try {
        await collect(inference.generate(generateRequest()));
        outcomes.answered++;
      } catch (error) {
        const { code, details } = await failure(Promise.reject(error));
        expect({ code, reason: details?.reason }).toEqual({ code: status.RESOURCE_EXHAUSTED, reason: "QUEUE_FULL" });
        outcomes.refused++;
      }
    });
    await until(() => outcomes.refused === 1_480);
    expect(registry.get("fake").state).toBe("loading");
    finishLoad();
    await Promise.all(calls);
    expect(outcomes).toEqual({ refused: 1_480, answered: 20 });
    expect(registry.leases).toBe(0);
  });

  it("may be tried again when a pass failed; its reason is in the log alone", async () => {
    const fail = () => Promise.reject(new Error("secret: the disk is on fire"));
    const { inference, logged } = await startTestServer({ runner: { beforeRun: fail } });
    const { code, message, details } = await failure(collect(inference.generate(generateRequest())));
    expect({ code, reason: details?.reason }).toEqual({ code: status.UNAVAILABLE, reason: "ENGINE_FAILED" });
    expect(details?.retryDelayMs).toBeGreaterThan(0);
    expect(message).not.toContain("disk");
    expect(logged.join("")).toContain("the disk is on fire");
  });

  it("whose text fails takes no other with it", async () => {
    let decoders = 0;
    const model = (own: EngineModel): EngineModel => ({
      ...own,
      createDecoder() {
        if (++decoders !== 2) return own.createDecoder();
        const push = () => {
          throw new RangeError("secret: no such token");
        };
        return { push };
      },
    });
    const { inference, registry, logged } = await startTestServer({ model });
    const replies = Array.from({ length: 4 }, () => collect(inference.generate(generateRequest())));
    const outcomes = await Promise.allSettled(replies);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    const { code, message } = await failure(Promise.race(replies.filter((_, i) => outcomes[i]!.status === "rejected")));
    expect(code).toBe(status.INTERNAL);
    expect(message).not.toContain("no such token");
    expect(logged.join("")).toContain("no such token");
    expect(healthOf("fake", registry)).toBe("SERVING");
    expect(registry.leases).toBe(0);
  });

  it.each([
    ["fails", "the model's forward pass failed"],
    ["computes NaN", "logit of token 0 is NaN"],
  ])("because its pass %s, again and again, has the model loaded anew, and told of until it is", async (how, told) => {
    const device = { isLost: true, loads: 0 };
    const { opened, open } = createGate();
    const beforeRun = () => {
      if (device.isLost && how === "fails") throw new Error("device lost");
      return device.isLost ? undefined : opened;
    };
    const spoil = (_: StepPlan, logits: Float32Array) => device.isLost && logits.fill(Number.NaN);
    const beforeLoad = async () => void device.loads++;
    const { inference, registry } = await startTestServer({ beforeLoad, runner: { beforeRun, spoil } });
    const serving = () => healthOf("fake", registry);
    const reply = () => collect(inference.generate(generateRequest()));
    for (const serves of ["SERVING", "SERVING", "NOT_SERVING"]) {
      const failed = { code: status.UNAVAILABLE, message: expect.stringContaining(told) };
      expect(await failure(reply())).toMatchObject({ ...failed, details: { reason: "ENGINE_FAILED" } });
      expect(serving()).toBe(serves);
    }
    expect(registry.get("fake").error).toContain("forward passes fail");
    expect(device.loads).toBe(1);
    device.isLost = false;
    const replied = reply();
    await until(() => registry.leases === 1);
    expect(serving()).toBe("SERVING");
    open();
    await replied;
    expect(device.loads).toBe(2);
    expect(registry.leases).toBe(0);
  });

  it("carries half characters of the request without harm", async () => {
    const { models } = await startTestServer();
    expect(await failure(call((done) => models.getModel({ name: "\ud83d" }, done)))).toMatchObject({
      code: status.NOT_FOUND,
    });
  });
});

it("every failed call is counted by its reason, wherever it was refused", async () => {
  const { inference, models, raw, admin, metrics } = await startTestServer({ token: "a token of many characters" });
  const shown = new Metadata();
  shown.set("authorization", "Bearer a token of many characters");
  await failure(call((done) => models.listModels({}, done)));
  const path = "/cria.inference.v1.ModelService/GetModel";
  await failure(
    call((done) => raw.makeUnaryRequest(path, Buffer.from, Buffer.from, Uint8Array.of(0x0f), shown, done as never)),
  );
  await call((done) => admin.drain({ timeout: { seconds: 0, nanos: 0 } }, shown, done));
  await failure(collect(inference.generate(generateRequest(), shown)));
  const counted = (await metrics.registry.metrics()).match(/^cria_request_failure_total.*$/gm);
  expect(counted?.sort()).toEqual([
    'cria_request_failure_total{reason="DRAINING"} 1',
    'cria_request_failure_total{reason="INVALID_ARGUMENT"} 1',
    'cria_request_failure_total{reason="UNAUTHENTICATED"} 1',
  ]);
});

describe("bytes that are no request", () => {
  const send = (raw: Client, method: string, bytes: Uint8Array) =>
    call<Buffer>((done) =>
      raw.makeUnaryRequest(
        `/cria.inference.v1.${method}`,
        Buffer.from,
        Buffer.from,
        bytes,
        done as Callback<Buffer | undefined>,
      ),
    );

  it.each([
    ["broken UTF-8", Uint8Array.of(0x0a, 2, 0xc3, 0x28)],
    ["a length past the end", Uint8Array.of(0x0a, 0x7f, 0x41)],
    ["a wrong wire type", Uint8Array.of(0x0f, 0x01)],
  ])("are refused as INVALID_ARGUMENT: %s", async (_, bytes) => {
    const { raw, models } = await startTestServer();
    const { code, details } = await failure(send(raw, "ModelService/GetModel", bytes));
    expect({ code, reason: details?.reason }).toEqual({ code: status.INVALID_ARGUMENT, reason: "INVALID_ARGUMENT" });
    await expect(call((done) => models.listModels({}, done))).resolves.toBeDefined();
  });

  it("are refused where a stream is asked for, too", async () => {
    const { raw } = await startTestServer();
    const path = "/cria.inference.v1.InferenceService/Generate";
    const brokenPrompt = Uint8Array.of(0x1a, 4, 0x0a, 2, 0xf0, 0x9f);
    const stream = raw.makeServerStreamRequest(path, Buffer.from, Buffer.from, brokenPrompt);
    expect(await failure(collect(stream))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: { reason: "INVALID_ARGUMENT" },
    });
  });

  it("are refused above 8 MiB, with the limit", async () => {
    const { inference } = await startTestServer();
    const huge = generateRequest({ prompt: [{ text: "x".repeat(9 * 2 ** 20) }] });
    const { code, message } = await failure(collect(inference.generate(huge)));
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
    expect(message).toContain("8388608");
  });

  it("are refused between 4 and 8 MiB by the prompt's own limit", async () => {
    const { inference } = await startTestServer();
    const large = generateRequest({ prompt: [{ text: "x".repeat(5 * 2 ** 20) }] });
    expect(await failure(collect(inference.generate(large)))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: { fieldViolations: [{ field: "prompt" }] },
    });
  });
});
