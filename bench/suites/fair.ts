import { setTimeout as wait } from "node:timers/promises";
import { durationToMs, type Finished } from "@cria/proto";
import { watchMachineLoad } from "../machine-load.ts";
import { sentences } from "../peers/sentences.ts";
import { compare, type Result } from "../result.ts";
import { Service } from "../service.ts";
import type { SuiteOptions } from "../suite.ts";

const ROUNDS = 7;
/** The service's default: so many run, the others wait. */
const RUNNING = 16;
const QUEUED = 50;
const PROMPT_WORDS = 40;
const REPLY_TOKENS = 32;
const POLL_MS = 10;
const MAX_POLLS = 3000;

/** How long one request waits beside a tenant with 50 in the queue, over the mean time that a request takes once it runs. */
export async function fair(
  report: (result: Result) => void,
  { rounds = ROUNDS }: Pick<SuiteOptions, "rounds">,
): Promise<void> {
  const service = await Service.start();
  const [waits, services]: [number[], number[]] = [[], []];
  try {
    await crowdAndOne(service, 0); // The first steps after a load are slower.
    const load = watchMachineLoad("fair", [service.pid]);
    for (let round = 1; round <= rounds; round++) {
      const { waitMs, serviceMs } = await crowdAndOne(service, round);
      waits.push(waitMs);
      services.push(serviceMs);
    }
    report(compare("fair", "ms of waiting", waits, "mean service time", services));
    const result = load();
    if (result) report(result);
  } finally {
    await service.stop();
  }
}

async function crowdAndOne(service: Service, round: number) {
  const ask = async (tenant: string, number: number) => {
    const prompt = sentences(round * 100 + number, PROMPT_WORDS);
    return (await service.generate(prompt, REPLY_TOKENS, { tenant })).finished;
  };
  const crowd = Array.from({ length: RUNNING + QUEUED }, (_, number) => ask("crowd", number));
  await untilAllRowsRun(service);
  const one = await ask("one", RUNNING + QUEUED);
  const served = (await Promise.all(crowd)).map(serviceMs);
  return {
    waitMs: durationToMs(one.timings!.queue),
    serviceMs: served.reduce((sum, ms) => sum + ms, 0) / served.length,
  };
}

async function untilAllRowsRun(service: Service): Promise<void> {
  for (let polls = 0; polls < MAX_POLLS; polls++) {
    if ((await running(service)) === RUNNING) return;
    await wait(POLL_MS);
  }
  throw new Error(`the service does not run ${RUNNING} at once; CRIA_MAX_NUM_SEQS or CRIA_MEMORY may be set too low`);
}

/** Requests that have a place now. */
function running(service: Service): Promise<number> {
  return new Promise((resolve, reject) => {
    service.admin.getLoad({}, (error, load) => (error ? reject(error) : resolve(load.models[0]?.running ?? 0)));
  });
}

function serviceMs({ timings }: Finished): number {
  return durationToMs(timings!.prefill) + durationToMs(timings!.decode);
}
