import { setTimeout as wait } from "node:timers/promises";
import { fakeModel, type InferenceServer, startInferenceServer } from "@cria/bot-core/testing";
import { Finished, FinishReason, type GenerateRequest, type GenerateResponse, Started } from "@cria/proto";
import type { ServerWritableStream } from "@grpc/grpc-js";

const TOKENS = 100;
const TOKEN_MS = 40;

/** A gRPC inference service that answers everyone with the same words, for four seconds. */
export async function startStreamingService(port = 0): Promise<InferenceServer> {
  return await startInferenceServer(
    {
      listModels: (_, answer) => answer(null, { models: [fakeModel()] }),
      getLoad: (_, answer) => answer(null, { models: [] } as never),
      generate: (call) => void stream(call),
    },
    port,
  );
}

async function stream(call: ServerWritableStream<GenerateRequest, GenerateResponse>): Promise<void> {
  call.write({ event: { $case: "started", value: Started.fromPartial({ promptTokens: 12 }) } });
  let textLength = 0;
  for (let index = 0; index < TOKENS && !call.cancelled && !call.destroyed; index++) {
    await wait(TOKEN_MS);
    const text = `word${index} `;
    textLength += text.length;
    call.write({ event: { $case: "delta", value: { text, tokenIds: [], logprobs: [] } } });
  }
  const usage = { promptTokens: 12, completionTokens: TOKENS };
  const finished = { finishReason: FinishReason.EOS, textLength, usage, timings: {} };
  call.write({ event: { $case: "finished", value: Finished.fromPartial(finished) } });
  call.end();
}
