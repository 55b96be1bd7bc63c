import { Finished, type GenerateRequest, type GenerateResponse, Started } from "@cria/proto";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { createGate } from "../testing/gate.ts";
import { type InferenceHandlers, type InferenceServer, startInferenceServer } from "../testing/inference-server.ts";
import { createInferenceClient } from "./grpc-inference-client.ts";
import type { InferenceClient } from "./inference-client.ts";

const never = new AbortController().signal;
const request = { model: "fake", prompt: [], tenant: "web:local:u1" };
const started: GenerateResponse = { event: { $case: "started", value: Started.fromPartial({ promptTokens: 3 }) } };
const finished: GenerateResponse = { event: { $case: "finished", value: Finished.fromPartial({ textLength: 2 }) } };
type GenerateCall = ServerWritableStream<GenerateRequest, GenerateResponse>;

describe("a call to the inference service", () => {
  const open: { server?: InferenceServer; client?: InferenceClient } = {};
  const connect = async (handlers: InferenceHandlers) => {
    open.server = await startInferenceServer(handlers);
    open.client = createInferenceClient({ address: open.server.address });
    return { client: open.client };
  };
  afterEach(() => {
    open.client?.close();
    open.server?.kill();
  });

  it("is hung up when the signal aborts, and throws its reason", async () => {
    const cancelled = createGate();
    const generate = (call: GenerateCall) => {
      call.on("cancelled", cancelled.open);
      call.write(started);
    };
    const { client } = await connect({ generate });
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of client.generate(request, stop.signal)) stop.abort(new Error("stopped"));
    })();
    await expect(reading).rejects.toThrow("stopped");
    await cancelled.opened;
  });

  it("is hung up when the loop is left", async () => {
    const cancelled = createGate();
    const generate = (call: GenerateCall) => {
      call.on("cancelled", cancelled.open);
      call.write(started);
    };
    const { client } = await connect({ generate });
    for await (const _ of client.generate(request, never)) break;
    await cancelled.opened;
  });

  describe("once all is said", () => {
    /** Reads to "finished", as a reply does. */
    const readToFinished = async (client: InferenceClient) => {
      for await (const { event } of client.generate(request, never)) if (event?.$case === "finished") return;
    };

    it("is read to its end instead of hung up", async () => {
      const end = createGate();
      const ended = createGate();
      let isCancelled = false;
      const generate = async (call: GenerateCall) => {
        call.on("cancelled", () => {
          isCancelled = true;
        });
        call.on("close", ended.open);
        call.write(finished);
        await end.opened;
        call.end();
      };
      const listModels: InferenceHandlers["listModels"] = (_, answer) => answer(null, { models: [] });
      const { client } = await connect({ generate: (call) => void generate(call), listModels });
      await readToFinished(client);
      // On the same connection: the server hears of a hanging up before this.
      await client.listModels();
      end.open();
      await ended.opened;
      expect(isCancelled).toBe(false);
    });

    it("holds nobody up, and is hung up where its end does not come", async () => {
      const cancelled = createGate();
      const generate = (call: GenerateCall) => {
        call.on("cancelled", cancelled.open);
        call.write(finished);
      };
      const { client } = await connect({ generate });
      await readToFinished(client);
      await cancelled.opened;
    });
  });
});
