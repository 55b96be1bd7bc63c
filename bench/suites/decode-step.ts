import type { ModelRunner } from "../../services/inference/src/engine/model-runner.ts";
import { bareDecodeRate, type DecodeLoop, loadBareEngine } from "../bare-engine.ts";
import { baseGraph } from "../base-graph.ts";
import { watchMachineLoad } from "../machine-load.ts";
import { compare, type Result } from "../result.ts";
import { MODEL } from "../service.ts";
import type { SuiteOptions } from "../suite.ts";

/** The build whose graph had an operator for each step of the formulas. */
const BASE = "71e10de";
const BATCHES = [1, 8];
const ROUNDS = 15;
/** Short, so that both graphs meet the same moments of the machine. */
const STEPS = 24;
const PROMPT_TOKENS = 15;

/** How the rounds are measured, and on how many threads. */
interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly numThreads?: number;
  readonly clock: () => number;
}

const TIME: Measure = { name: "decode-step", unit: "tokens/s", clock: () => performance.now() };
/** What others do on the machine lengthens the time of a step, but hardly the work of one thread. */
const WORK: Measure = {
  name: "decode-step-work",
  unit: "tokens per second of one processor",
  numThreads: 1,
  clock: () => process.cpuUsage().user / 1000,
};

/** The model runner's decode step with this build's graph and with an older one's, in turn. */
export async function decodeStep(
  report: (result: Result) => void,
  { rounds = ROUNDS }: Pick<SuiteOptions, "rounds">,
): Promise<void> {
  const base = baseGraph(BASE, MODEL);
  try {
    for (const measure of [TIME, WORK]) await measureBoth(report, { measure, baseFolder: base.folder, rounds });
  } finally {
    base.remove();
  }
}

interface MeasureOptions {
  readonly measure: Measure;
  readonly baseFolder: string;
  readonly rounds: number;
}

async function measureBoth(
  report: (result: Result) => void,
  { measure, baseFolder, rounds }: MeasureOptions,
): Promise<void> {
  const { name, unit, clock, ...threads } = measure;
  const own = await loadBareEngine(threads);
  const base = await loadBareEngine({ ...threads, folder: baseFolder });
  const load = watchMachineLoad(name, []);
  for (const batch of BATCHES) {
    const rates = await ratesInTurn({ own, base }, { batch, promptTokens: PROMPT_TOKENS, steps: STEPS, clock }, rounds);
    report(compare(`${name}-${batch}`, unit, rates.own, `graph of ${BASE}`, rates.base));
  }
  const result = load();
  if (result) report(result);
  for (const runner of [own, base]) await runner.close();
}

async function ratesInTurn(
  runners: { readonly own: ModelRunner; readonly base: ModelRunner },
  loop: DecodeLoop,
  rounds: number,
) {
  const rates = { own: [] as number[], base: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    for (const which of round % 2 === 0 ? (["own", "base"] as const) : (["base", "own"] as const)) {
      const rate = await bareDecodeRate(runners[which], loop);
      if (round >= 0) rates[which].push(rate); // Both were cold.
    }
  }
  return rates;
}
