import { createInferenceClient, type InferenceClient } from "@cria/bot-core";
import { AdminServiceClient, type GetLoadResponse } from "@cria/proto";
import { credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../deploy/ports.ts";
import { untilServing } from "../deploy/readiness.ts";
import { inferenceProcess } from "../deploy/supervisor/node-processes.ts";
import { ProcessGroup } from "../deploy/supervisor/process-group.ts";

const MODEL = "smollm2-135m";
const REQUESTS = 50;
const MAX_TOKENS = 24;

const group = new ProcessGroup(() => {});
let client: InferenceClient;
let admin: AdminServiceClient;
beforeAll(async () => {
  const port = await freePort("127.0.0.1");
  group.start(inferenceProcess(process.env, "127.0.0.1", port));
  client = createInferenceClient({ address: `127.0.0.1:${port}` });
  admin = new AdminServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
  await untilServing(client, AbortSignal.timeout(30_000));
});
afterAll(async () => {
  client.close();
  admin.close();
  await group.stop();
});

const load = () =>
  new Promise<GetLoadResponse>((resolve, reject) =>
    admin.getLoad({}, (error, response) => (error ? reject(error) : resolve(response))),
  );

/** How many tokens a reply had, and whether it came to its end. */
async function generate(request: number, hangsUpAfter: number) {
  const hangUp = new AbortController();
  const prompt = [{ text: `Request ${request}: count from ${request}.`, droppable: false, literal: false }];
  const stopping = {
    maxTokens: MAX_TOKENS,
    stop: [],
    stopTokenIds: [],
    ignoreModelStop: true,
    ignoreEos: true,
    ignoreRepetition: true,
  };
  let deltas = 0;
  try {
    for await (const { event } of client.generate({ model: MODEL, prompt, stopping }, hangUp.signal)) {
      if (event?.$case === "finished") return event.value.usage?.completionTokens;
      if (event?.$case === "delta") deltas++;
      if (deltas === hangsUpAfter) hangUp.abort();
    }
  } catch (error) {
    if (!hangUp.signal.aborted) throw error;
  }
  return "hung up";
}

describe("the inference service under load", () => {
  it("answers 50 requests at once of which half hang up, and is idle afterwards", async () => {
    const replies = await Promise.all(
      Array.from({ length: REQUESTS }, (_, index) =>
        generate(index, index % 2 === 0 ? Number.POSITIVE_INFINITY : (index % 7) + 1),
      ),
    );
    expect(replies.filter((reply) => reply === "hung up")).toHaveLength(REQUESTS / 2);
    expect(replies.filter((reply) => reply === MAX_TOKENS)).toHaveLength(REQUESTS / 2);
    await expect
      .poll(async () =>
        (await load()).models.map(({ running, waiting, kvCacheUsage }) => ({ running, waiting, kvCacheUsage })),
      )
      .toEqual([{ running: 0, waiting: 0, kvCacheUsage: 0 }]);
  });
});
