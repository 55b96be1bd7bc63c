import { Finished, type GenerateRequest, type GenerateResponse, ModelLoad, ModelState, Started } from "@cria/proto";
import { type ServerWritableStream, status } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createBotCore } from "../bot-core.ts";
import { createMemoryStores } from "../memory/memory-stores.ts";
import { BotError, tell } from "../port/bot-error.ts";
import { DEFAULT_WORDS } from "../port/words.ts";
import { fakeModel } from "../testing/fake-model.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import {
  type InferenceHandlers,
  type InferenceServer,
  serviceError,
  startInferenceServer,
} from "../testing/inference-server.ts";
import { testConversation, testMessage } from "../testing/test-core.ts";
import { createInferenceClient, type InferenceClientOptions } from "./grpc-inference-client.ts";
import type { InferenceClient } from "./inference-client.ts";

const never = new AbortController().signal;
const request = {
  model: "fake",
  prompt: [{ text: "Hi", literal: true, droppable: true, dropGroup: 1 }],
  tenant: "web:local:u1",
};
const delta = (text: string): GenerateResponse => ({
  event: { $case: "delta", value: { text, tokenIds: [], logprobs: [] } },
});
const started: GenerateResponse = { event: { $case: "started", value: Started.fromPartial({ promptTokens: 3 }) } };
const finished: GenerateResponse = { event: { $case: "finished", value: Finished.fromPartial({ textLength: 2 }) } };
type GenerateCall = ServerWritableStream<GenerateRequest, GenerateResponse>;

describe("createInferenceClient", () => {
  const open: { server?: InferenceServer; client?: InferenceClient } = {};
  const connect = async (handlers: InferenceHandlers, options: Partial<InferenceClientOptions> = {}) => {
    const server = await startInferenceServer(handlers);
    const client = createInferenceClient({ address: server.address, ...options });
    Object.assign(open, { server, client });
    return { server, client };
  };
  const generateAll = async (client: InferenceClient, signal = never) => {
    const events = [];
    for await (const { event } of client.generate(request, signal)) events.push(event);
    return events;
  };
  afterEach(() => {
    open.client?.close();
    open.server?.kill();
  });

  it("streams a reply, the request as it was given and the token shown", async () => {
    let received: GenerateRequest | undefined;
    let authorization: unknown;
    const generate = (call: GenerateCall) => {
      received = call.request;
      [authorization] = call.metadata.get("authorization");
      for (const response of [started, delta("He"), finished]) call.write(response);
      call.end();
    };
    const { client } = await connect({ generate }, { token: "secret" });
    expect(await generateAll(client)).toEqual([started.event, delta("He").event, finished.event]);
    expect(received).toMatchObject(request);
    expect(authorization).toBe("Bearer secret");
  });

  it("lists models and streams the progress of a load", async () => {
    const { client } = await connect({
      listModels: (_, answer) => answer(null, { models: [fakeModel()] }),
      loadModel: (call) => {
        call.write({ loadedBytes: 5, totalBytes: 10, model: undefined });
        call.write({ loadedBytes: 10, totalBytes: 10, model: fakeModel({ name: call.request.name }) });
        call.end();
      },
    });
    expect(await client.listModels()).toMatchObject([{ name: "fake", state: ModelState.LOADED }]);
    const steps = [];
    for await (const step of client.loadModel("fake", never)) steps.push(step.loadedBytes);
    expect(steps).toEqual([5, 10]);
  });

  it("lists anew once a model is loaded or a call has failed, and not for every message", async () => {
    const listModels = vi.fn<NonNullable<InferenceHandlers["listModels"]>>((_, answer) => answer(null, { models: [] }));
    const { client } = await connect({ listModels, loadModel: (call) => call.end() });
    const listings = async () => {
      for (const _ of [1, 2]) await client.listModels();
      return listModels.mock.calls.length;
    };
    expect(await listings()).toBe(1);
    for await (const _ of client.loadModel("fake", never)) expect.unreachable();
    expect(await listings()).toBe(2);
    await expect(generateAll(client)).rejects.toBeInstanceOf(BotError);
    expect(await listings()).toBe(3);
  });

  it.each([
    [[], 0],
    [[{ model: "other", running: 4, maxNumSeqs: 4, waiting: 9, waitingTenants: 2 }], 0],
    [[{ model: "fake", running: 3, maxNumSeqs: 4, waiting: 0 }], 0],
    [[{ model: "fake", running: 4, maxNumSeqs: 4, waiting: 50, waitingTenants: 2 }], 3],
  ])("counts the requests ahead under a load of %j", async (loads, ahead) => {
    const models = loads.map((load) => ModelLoad.fromPartial(load));
    const load = {
      models,
      draining: false,
      residentBytes: 0,
      modelBytes: 0,
      modelBytesLimit: 0,
      prefixCacheBytes: 0,
      prefixCacheBytesLimit: 0,
    };
    const { client } = await connect({ getLoad: (_, answer) => answer(null, load) });
    expect(await client.queueLength("fake")).toBe(ahead);
  });

  it("does not guess how many are ahead where the load cannot be had", async () => {
    const { client } = await connect({});
    await expect(client.queueLength("fake")).rejects.toBeInstanceOf(BotError);
  });

  it("does not begin what is stopped already", async () => {
    const { client } = await connect({});
    await expect(generateAll(client, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
  });

  describe("tells people of", () => {
    const refusal = async (error: ReturnType<typeof serviceError>) => {
      const { client } = await connect({ generate: (call) => void call.emit("error", error) });
      return await generateAll(client).catch((failure: unknown) => failure);
    };

    it.each([
      [
        "a full queue, with seconds",
        serviceError(status.RESOURCE_EXHAUSTED, "queue full", { reason: "QUEUE_FULL", retryDelayMs: 2_400 }),
        { code: "QUEUE_FULL", retryDelayMs: 2_400 },
        "The model service has too much to do just now. Try again in about 3 s.",
      ],
      [
        "a prompt that is too long, with its figures",
        serviceError(status.INVALID_ARGUMENT, "prompt has 5312 tokens; lower stopping.max_tokens", {
          reason: "PROMPT_TOO_LONG",
          metadata: { promptTokens: "5312", replyTokens: "256", maxModelLen: "2048" },
        }),
        { code: "PROMPT_TOO_LONG", retryDelayMs: undefined },
        "This message is too long for the model: it has 5312 tokens, and 2048 must hold it and the reply. Shorten it, or choose another with /model.",
      ],
      [
        "a prompt that is too long, without figures",
        serviceError(status.INVALID_ARGUMENT, "too long", { reason: "PROMPT_TOO_LONG" }),
        { code: "PROMPT_TOO_LONG" },
        "This message is too long for the model. Shorten it, or choose another with /model.",
      ],
      [
        "a broken model",
        serviceError(status.FAILED_PRECONDITION, "fake: tokenizer.json is missing.", { reason: "MODEL_BROKEN" }),
        { code: "MODEL_BROKEN" },
        "This model cannot be used: fake: tokenizer.json is missing. Choose another with /model.",
      ],
      [
        "a service that drains",
        serviceError(status.UNAVAILABLE, "draining", { reason: "DRAINING" }),
        { code: "DRAINING" },
        "The model service is about to restart. Try again in a moment.",
      ],
      [
        "a wrong token",
        serviceError(status.UNAUTHENTICATED, "no token was shown"),
        { code: "UNAUTHENTICATED" },
        "The model service refused this bot's token. Its owner should set the same CRIA_TOKEN for both.",
      ],
      [
        "a reason it does not know, by the status",
        serviceError(status.INVALID_ARGUMENT, "top_p is 2", { reason: "SOMETHING_NEW" }),
        { code: "INVALID_ARGUMENT" },
        "The model service refused this: top_p is 2. Say it in other words, or choose another model with /model.",
      ],
      [
        "an internal error, without its text",
        serviceError(status.INTERNAL, "segfault at 0x0"),
        { code: "INTERNAL" },
        "Something went wrong in the model service; its log says what. Try again.",
      ],
    ])("%s", async (_, error, fields, message) => {
      const failure = await refusal(error);
      expect(failure).toMatchObject(fields);
      expect(tell(failure, DEFAULT_WORDS)).toBe(message);
    });

    it("a reply that takes too long", async () => {
      const { client } = await connect({ generate: () => undefined }, { deadlines: { generateMs: 50 } });
      await expect(generateAll(client)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    });

    it("a service that is not there, and finds it again when it is", async () => {
      const listModels: InferenceHandlers["listModels"] = (_, answer) => answer(null, { models: [fakeModel()] });
      const { server, client } = await connect({ listModels });
      server.kill();
      await expect(client.listModels()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
      open.server = await startInferenceServer({ listModels }, Number(server.address.split(":")[1]));
      await expect.poll(() => client.listModels().catch(() => []), { timeout: 20_000 }).toHaveLength(1);
    });
  });

  describe("watchHealth", () => {
    it("tells of each change, a service that goes and comes back included", async () => {
      const { server, client } = await connect({});
      const heard: boolean[] = [];
      const stop = client.watchHealth((isServing) => heard.push(isServing));
      await expect.poll(() => heard, { timeout: 20_000 }).toEqual([true]);
      server.health.setStatus("", "NOT_SERVING");
      await expect.poll(() => heard, { timeout: 20_000 }).toEqual([true, false]);
      server.health.setStatus("", "SERVING");
      await expect.poll(() => heard, { timeout: 20_000 }).toEqual([true, false, true]);
      server.kill();
      await expect.poll(() => heard, { timeout: 20_000 }).toEqual([true, false, true, false]);
      open.server = await startInferenceServer({}, Number(server.address.split(":")[1]));
      await expect.poll(() => heard, { timeout: 20_000 }).toEqual([true, false, true, false, true]);
      stop();
      open.server.health.setStatus("", "NOT_SERVING");
      await client.listModels().catch(() => undefined);
      expect(heard).toHaveLength(5);
    });

    it("tells of a service that was never there", async () => {
      const { server } = await connect({});
      server.kill();
      const client = createInferenceClient({ address: server.address });
      const isDown = createGate();
      const stop = client.watchHealth((isServing) => isServing || isDown.open());
      await isDown.opened;
      stop();
      client.close();
    });
  });

  it("lets the pipeline keep what was written when the service is killed in the middle of a reply", async () => {
    const { server, client } = await connect({
      listModels: (_, answer) => answer(null, { models: [fakeModel()] }),
      generate: (call) => {
        for (const response of [started, delta("Once upon")]) call.write(response);
      },
    });
    const stores = createMemoryStores({ roundsTtlMs: 60_000 });
    const core = createBotCore({ stores, inference: client, logger: pino({ level: "silent" }) });
    const reply = new FakeReplyHandle();
    reply.onAppend = () => server.kill();
    await core.handleMessage(testMessage("A story"), async () => reply);
    expect(reply.text).toBe("Once upon");
    expect(reply.ended).toEqual({
      type: "failed",
      reason: "The model service stopped in the middle of this reply. What it wrote is kept; ask again in a moment.",
    });
    expect((await stores.rounds.read(testConversation)).rounds).toEqual([]);
  });
});
