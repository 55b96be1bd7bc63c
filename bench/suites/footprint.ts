import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBotCore, createInferenceClient, createMemoryStores } from "@cria/bot-core";
import { pino } from "pino";
import { LocalRun } from "../../test/local-run.ts";
import { measured, type Result } from "../result.ts";
import { MODEL, Service } from "../service.ts";

const ROUNDS = 3;
const BYTES_PER_MB = 1e6;
/** After a reply, until what it used is collected. */
const IDLE_MS = 3000;

/** Memory of the idle service, and the time from `npm start` to the first words of a reply. */
export async function footprint(report: (result: Result) => void): Promise<void> {
  report(measured("footprint-memory", "MB", [(await idleBytes()) / BYTES_PER_MB]));
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) seconds.push(await secondsToFirstReply());
  report(measured("footprint-first-reply", "s", seconds));
}

async function idleBytes(): Promise<number> {
  const service = await Service.start();
  try {
    await service.generate("Hello", 64);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    return await service.residentBytes();
  } finally {
    await service.stop();
  }
}

async function secondsToFirstReply(): Promise<number> {
  const stateDir = await mkdtemp(join(tmpdir(), "cria-bench-"));
  const startedAt = performance.now();
  const run = await LocalRun.start({ CRIA_STATE_DIR: stateDir });
  try {
    await run.line(/Open http/);
    await firstWords((await run.instance()).inferenceAddress);
    return (performance.now() - startedAt) / 1000;
  } finally {
    await run.stop();
    await rm(stateDir, { recursive: true });
  }
}

/** Resolves when a message's reply begins, asked as a platform asks. */
async function firstWords(address: string): Promise<void> {
  const inference = createInferenceClient({ address });
  const stores = createMemoryStores({ roundsTtlMs: 60_000 });
  const core = createBotCore({ stores, inference, logger: pino({ level: "silent" }) });
  const begun = new AbortController();
  const place = { platform: "bench", workspaceId: "local", channelId: MODEL, isDirect: true };
  const message = { eventId: "1", place, author: { id: "1", name: "bench" }, text: "What is a dog?" };
  let failure: string | undefined;
  await core.handleMessage(message, async () => ({
    signal: begun.signal,
    status: async () => {},
    append: async () => begun.abort(),
    finish: async () => {},
    fail: async (reason) => {
      failure = reason;
    },
  }));
  inference.close();
  if (failure) throw new Error(failure);
}
