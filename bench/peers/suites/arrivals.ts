import { setTimeout as wait } from "node:timers/promises";
import { measured, type Result } from "../../result.ts";
import type { SuiteOptions } from "../../suite.ts";
import { type LoadPoint, latenciesOf, pointResults } from "../arrival-latencies.ts";
import { arrivalsPlot } from "../arrival-plot.ts";
import { type Arrival, arrivalSchedule, mixedRequests } from "../arrival-schedule.ts";
import { type Both, inTurn, withBothEngines } from "../both-engines.ts";
import { type Completion, complete, type Engine } from "../engine.ts";
import { sentences } from "../sentences.ts";

/** Those of a load are put together: with more rounds, more requests. */
const ROUNDS = 1;
const LOADS_PERCENT = [50, 70, 90];
const SECONDS = 25;
/** As many as llama.cpp's server has slots. */
const CAPACITY_CLIENTS = 16;
const CAPACITY_REQUESTS = 56;

/**
 * Requests of mixed lengths come at random, whether or not those before are answered, at shares of what llama.cpp's server
 * can serve: the same requests at the same times for both.
 */
export async function arrivals(
  report: (result: Result) => void,
  { rounds = ROUNDS, draw }: Pick<SuiteOptions, "rounds" | "draw">,
): Promise<void> {
  await withBothEngines("arrivals", report, async (both) => {
    const capacity = await capacityOf(both.llama);
    report(measured("arrivals-capacity", "requests/s (llama.cpp's server, 16 clients)", [capacity]));
    const points: LoadPoint[] = [];
    for (const percent of LOADS_PERCENT) {
      const point = await pointOf(both, { percent, requestsPerSecond: (capacity * percent) / 100 }, rounds);
      for (const result of pointResults(point)) report(result);
      points.push(point);
    }
    draw(arrivalsPlot(points), "Latency over load: Cria and llama.cpp's server");
  });
}

/** Requests a second when 16 clients ask on as soon as they are answered: until these begin to run out of requests. */
async function capacityOf(engine: Engine): Promise<number> {
  const waiting = [...mixedRequests(0, CAPACITY_REQUESTS)];
  const startedAtMs = performance.now();
  const endsMs: number[] = [];
  const client = async () => {
    for (let request = waiting.shift(); request; request = waiting.shift()) {
      await answer(engine, request);
      endsMs.push(performance.now() - startedAtMs);
    }
  };
  await Promise.all(Array.from({ length: CAPACITY_CLIENTS }, client));
  const count = CAPACITY_REQUESTS - CAPACITY_CLIENTS;
  return (count * 1000) / endsMs[count - 1]!;
}

async function pointOf(
  both: Both,
  load: Pick<LoadPoint, "percent" | "requestsPerSecond">,
  rounds: number,
): Promise<LoadPoint> {
  const each = await inTurn(both, rounds, (engine, seed) =>
    openLoop(engine, arrivalSchedule(seed + load.percent * 100, load.requestsPerSecond, SECONDS)),
  );
  const [ours, theirs] = [each.flatMap(({ cria }) => cria), each.flatMap(({ llama }) => llama)];
  if (ours.length === 0)
    throw new Error(`no request came in ${SECONDS} s at ${load.requestsPerSecond} a second; the machine is too busy`);
  return { ...load, requests: ours.length, cria: latenciesOf(ours), llama: latenciesOf(theirs) };
}

/** Asks each at its time and waits for all replies. */
async function openLoop(engine: Engine, schedule: readonly Arrival[]): Promise<Completion[]> {
  const startedAtMs = performance.now();
  const replies: Promise<Completion>[] = [];
  for (const arrival of schedule) {
    await wait(Math.max(0, startedAtMs + arrival.atMs - performance.now()));
    replies.push(answer(engine, arrival));
  }
  return Promise.all(replies);
}

function answer(engine: Engine, { promptSeed, promptWords, replyTokens }: Omit<Arrival, "atMs">): Promise<Completion> {
  return complete(engine, sentences(promptSeed, promptWords), replyTokens);
}
