import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { createBotCore, createMemoryStores } from "@cria/bot-core";
import { FakeInferenceClient } from "@cria/bot-core/testing";
import { pino } from "pino";
import { RecordedReply } from "../recorded-reply.ts";
import type { Result } from "../result.ts";
import type { SuiteOptions } from "../suite.ts";

const CORE = fileURLToPath(new URL("../../bots/core/src/", import.meta.url));

/** Files of bots/core in which one plain message runs code, by V8's coverage, memory and model in this process. */
export async function filesEntered(report: (result: Result) => void, { detail }: SuiteOptions): Promise<void> {
  const stores = createMemoryStores({ roundsTtlMs: 60_000 });
  const core = createBotCore({ stores, inference: new FakeInferenceClient(), logger: pino({ level: "silent" }) });
  const place = { platform: "bench", workspaceId: "w", channelId: "c", isDirect: false };
  const send = (text: string) =>
    core.handleMessage(
      { eventId: text, place, author: { id: "u", name: "Ann" }, text },
      async () => new RecordedReply(),
    );
  await send("warm up");
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  await session.post("Profiler.takePreciseCoverage");
  await send("Hello");
  const { result } = await session.post("Profiler.takePreciseCoverage");
  session.disconnect();
  await stores.close();
  const entered = result.filter(({ url, functions }) => isOfCore(url) && functions.some(isCalled));
  for (const { url } of entered) detail(url.slice(url.indexOf("bots/core/src/")));
  report({ name: "files-entered", value: entered.length, unit: "files" });
}

const isOfCore = (url: string) =>
  url.startsWith("file:") && fileURLToPath(url).startsWith(CORE) && !url.includes("/testing/");
const isCalled = ({ ranges }: { readonly ranges: readonly { readonly count: number }[] }) =>
  (ranges[0]?.count ?? 0) > 0;
