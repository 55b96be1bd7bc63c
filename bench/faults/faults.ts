import { setTimeout as wait } from "node:timers/promises";
import { measured, type Result } from "../result.ts";
import type { BotProcess } from "./bot-process.ts";
import { FaultBench, type FaultyPlatform, MESSAGES } from "./fault-bench.ts";

/** Until the replies are half written. */
const HALF_MS = 2_000;
const AWAY_MS = 1_000;
/** A moment, in which what was sent arrives. */
const MOMENT_MS = 300;
const CUTS = 3;

/** Something that goes wrong in the middle of twenty replies. */
export type Fault<P extends FaultyPlatform> = (bench: FaultBench<P>) => Promise<void>;

/** What can go wrong on every platform. */
export const COMMON_FAULTS: Readonly<Record<string, Fault<FaultyPlatform>>> = {
  "bot-killed": async ({ bots }) => bots[0]!.kill("SIGKILL"),
  "redis-restarted": async ({ redis }) => {
    await redis.kill();
    await wait(AWAY_MS);
    await redis.start();
  },
  "redis-cut": async (bench) => {
    await bench.untilOneIsAnswered();
    for (let cut = 0; cut < CUTS; cut++) {
      for (const { wayToRedis } of bench.bots) await wayToRedis.shut();
      await wait(MOMENT_MS);
      for (const { wayToRedis } of bench.bots) await wayToRedis.open();
      await wait(MOMENT_MS);
    }
  },
  "inference-restarted": async (bench) => {
    bench.killInference();
    await wait(AWAY_MS);
    await bench.restartInference();
  },
  "stopped-before-claim": async (bench) => {
    const [stopped, other] = bench.bots as [BotProcess, BotProcess];
    other.kill("SIGSTOP");
    stopped.wayToRedis.mute();
    bench.ask();
    await wait(MOMENT_MS);
    stopped.kill("SIGTERM");
    await wait(MOMENT_MS);
    stopped.wayToRedis.unmute();
    other.kill("SIGCONT");
  },
};

/**
 * Causes each fault in the middle of twenty replies, with twenty more questions in it or right after it. What is left of the
 * forty without an end, with two, and with one that was written over.
 */
export async function causeFaults<P extends FaultyPlatform>(
  startPlatform: () => Promise<P>,
  faults: Readonly<Record<string, Fault<P>>>,
  report: (result: Result) => void,
): Promise<void> {
  for (const [fault, cause] of Object.entries(faults)) {
    const bench = await FaultBench.start(await startPlatform());
    try {
      bench.ask();
      await wait(HALF_MS);
      await cause(bench);
      if (bench.platform.endedReplies().length === MESSAGES) bench.ask();
      await bench.untilAllIsDone();
      const { watch, platform } = bench;
      const name = `${platform.name}-${fault}`;
      report(measured(name, `of ${2 * MESSAGES} unanswered`, [watch.numUnanswered]));
      report(measured(`${name}-twice`, "answered twice", [watch.numAnsweredTwice]));
      report(measured(`${name}-overwritten`, "overwritten", [watch.numOverwritten]));
    } finally {
      await bench.stop();
    }
  }
}
