import { setTimeout as wait } from "node:timers/promises";
import { GenerateRequest, type GenerateResponse } from "@cria/proto";
import type { Result } from "../result.ts";
import { MODEL, Service } from "../service.ts";

const REQUESTS = 3_000;
/** Until then caches, rows and code that is compiled on its way fill. */
const SETTLED_REQUESTS = 500;
const CLIENTS = 16;
const MAX_TOKENS = 8;
/** One request in so many is aborted, after 0 to 4 of its tokens. */
const ABORT_EVERY = 4;
/** For what was used to be collected. */
const IDLE_MS = 3_000;

/** Memory after 3,000 short requests, many of them aborted, over that after 500, with a prefix cache that is full by then. */
export async function soak(report: (result: Result) => void): Promise<void> {
  const service = await Service.start({ CRIA_PREFIX_CACHE: "64MiB" });
  try {
    await serve(service, 0, SETTLED_REQUESTS);
    const settledMb = await residentMb(service);
    await serve(service, SETTLED_REQUESTS, REQUESTS);
    const value = await residentMb(service);
    const ratio = Number((value / settledMb).toPrecision(3));
    report({
      name: "soak",
      value,
      unit: "MB",
      peer: `after ${SETTLED_REQUESTS} requests`,
      peerValue: settledMb,
      ratio,
    });
  } finally {
    await service.stop();
  }
}

async function residentMb(service: Service): Promise<number> {
  await wait(IDLE_MS);
  return Math.round((await service.residentBytes()) / 1e6);
}

/** The requests of these numbers, some at once. */
async function serve(service: Service, from: number, to: number): Promise<void> {
  let next = from;
  const client = async () => {
    while (next < to) await ask(service, next++);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

async function ask(service: Service, number: number): Promise<void> {
  const random = Math.imul(number + 1, 0x9e3779b1) >>> 8;
  const request = GenerateRequest.fromPartial({
    model: MODEL,
    prompt: [
      {
        text: `${random} alpacas went to the ${number % 7} mountains of Peru, ${"and then on, ".repeat(random % 6)}where`,
      },
    ],
    stopping: { maxTokens: MAX_TOKENS, ignoreEos: true },
    cacheSalt: `team ${number % 5}`,
  });
  const abortAfter = random % ABORT_EVERY === 0 ? (random >> 4) % 5 : Number.POSITIVE_INFINITY;
  const call = service.inference.generate(request);
  let numDeltas = 0;
  for await (const { event } of call as AsyncIterable<GenerateResponse>) {
    if (event?.$case === "delta") numDeltas++;
    if (numDeltas >= abortAfter) break; // Leaving the loop cancels the call.
  }
}
