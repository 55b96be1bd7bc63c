import type { ModelRunner } from "../../services/inference/src/engine/model-runner.ts";
import { bareDecodeRate, barePrefillRate, loadBareEngine } from "../bare-engine.ts";
import { CriaEngine } from "../peers/cria-engine.ts";
import { CLIENTS, REPLY_TOKENS, serve } from "../peers/suites/served.ts";
import { compare, type Result } from "../result.ts";
import { Service } from "../service.ts";
import type { SuiteOptions } from "../suite.ts";

const ROUNDS = 3;
/** Tokens of a prompt of `served`. */
const PROMPT_TOKENS = 200;
/** Prompts go before replies, whose tokens wait. */
const PATIENT = { CRIA_ITL_TARGET_MS: "2000" };

/**
 * What holds `served`: the same work beside what the bare engine would do of it if all prompts were read in a row and all
 * replies written in one batch, nothing ever waiting; with the service's own inter-token target, and with hardly any.
 */
export async function bareServed(
  report: (result: Result) => void,
  { rounds = ROUNDS }: Pick<SuiteOptions, "rounds">,
): Promise<void> {
  const runner = await loadBareEngine();
  const services = { "bare-served": await Service.start(), "bare-served-patient": await Service.start(PATIENT) };
  try {
    for (const clients of CLIENTS) await measure(report, { runner, services, clients, rounds });
  } finally {
    for (const service of Object.values(services)) await service.stop();
    await runner.close();
  }
}

interface MeasureOptions {
  readonly runner: ModelRunner;
  readonly services: Readonly<Record<string, Service>>;
  readonly clients: number;
  readonly rounds: number;
}

async function measure(
  report: (result: Result) => void,
  { runner, services, clients, rounds }: MeasureOptions,
): Promise<void> {
  const own: Record<string, number[]> = Object.fromEntries(Object.keys(services).map((name) => [name, []]));
  const bare: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const bareRate = await bareServedRate(runner, clients);
    if (round > 0) bare.push(bareRate); // All were cold.
    for (const [name, service] of Object.entries(services)) {
      const { rate } = await serve(new CriaEngine(service), clients, round * 10_000 + clients * 100);
      if (round > 0) own[name]!.push(rate);
    }
  }
  for (const [name, rates] of Object.entries(own))
    report(compare(`${name}-${clients}`, "tokens/s", rates, "bare engine", bare));
}

/** Tokens a second of replies, their prompts read before: the time of both is that of the bare engine. */
async function bareServedRate(runner: ModelRunner, clients: number): Promise<number> {
  const prefillRate = await barePrefillRate(runner, PROMPT_TOKENS);
  const decodeRate = await bareDecodeRate(runner, { batch: clients, promptTokens: PROMPT_TOKENS, steps: REPLY_TOKENS });
  return 1 / (PROMPT_TOKENS / REPLY_TOKENS / prefillRate + 1 / decodeRate);
}
