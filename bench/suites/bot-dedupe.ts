import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startRedisServer } from "@cria/bot-core/testing";
import type { Result } from "../result.ts";

const PROCESSES = 3;
const EVENTS = 1_000;
const PROCESS = fileURLToPath(new URL("../dedupe-process.ts", import.meta.url));

/** Three bot processes on one Redis, every event delivered to all three at once: replies of the message with the fewest and the most. */
export async function botDedupe(report: (result: Result) => void): Promise<void> {
  const server = await startRedisServer();
  const processes = await Promise.all(Array.from({ length: PROCESSES }, () => startProcess(server.url)));
  const numReplies = new Array<number>(EVENTS).fill(0);
  let numTold = 0;
  const allTold = new Promise<void>((resolve) => {
    for (const child of processes)
      child.on("message", ({ number, isReply }: { number: number; isReply: boolean }) => {
        if (isReply) numReplies[number]!++;
        if (++numTold === EVENTS * PROCESSES) resolve();
      });
  });
  for (let number = 0; number < EVENTS; number++) for (const child of processes) child.send(number);
  await allTold;
  report({ name: "bot-dedupe-fewest", value: Math.min(...numReplies), unit: "replies" });
  report({ name: "bot-dedupe-most", value: Math.max(...numReplies), unit: "replies" });
  for (const child of processes) child.disconnect();
  await server.close();
}

async function startProcess(url: string): Promise<ChildProcess> {
  const child = fork(PROCESS, [url], { execArgv: ["--import", "tsx"] });
  await once(child, "message");
  return child;
}
