import type { ModelRunner } from "../../services/inference/src/engine/model-runner.ts";
import { bareDecodeRate, loadBareEngine } from "../bare-engine.ts";
import { compare, type Result } from "../result.ts";
import { Service, type TimedReply } from "../service.ts";

const ROUNDS = 15;
const STEPS = 96;
const PROMPT = "The story of a young alpaca begins in the mountains of Peru, where";
const PROMPT_TOKENS = 15;

/** Tokens a second of `clients` replies at once through the service, and of the bare engine at that batch, in turn. */
export async function serviceOverBare(
  name: string,
  clients: number,
  rounds: number,
  service: Service,
  runner: ModelRunner,
) {
  const measure = {
    own: async () =>
      decodeRate(await Promise.all(Array.from({ length: clients }, () => service.generate(PROMPT, STEPS)))),
    bare: () => bareDecodeRate(runner, { batch: clients, promptTokens: PROMPT_TOKENS, steps: STEPS }),
  };
  const rates = { own: [] as number[], bare: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    for (const which of round % 2 === 0 ? (["own", "bare"] as const) : (["bare", "own"] as const)) {
      const rate = await measure[which]();
      if (round >= 0) rates[which].push(rate); // Both were cold.
    }
  }
  return compare(name, "tokens/s", rates.own, "bare engine", rates.bare);
}

/** Tokens a second while all replies ran: from the last first token to the first end. */
function decodeRate(replies: readonly TimedReply[]): number {
  const from = Math.max(...replies.map((reply) => reply.firstTokenAtMs));
  const to = Math.min(...replies.map((reply) => reply.finishedAtMs));
  let tokens = 0;
  for (const { arrivals } of replies)
    for (const arrival of arrivals) if (arrival.atMs > from && arrival.atMs <= to) tokens += arrival.tokens;
  return (tokens * 1000) / (to - from);
}

/** What scheduler, sampling, text and gRPC cost at batch 1. */
export async function engineOverhead(report: (result: Result) => void): Promise<void> {
  await withBoth(async (service, runner) => {
    report(await serviceOverBare("engine-overhead", 1, ROUNDS, service, runner));
  });
}

/** Runs the service and the bare engine side by side. The bare one guesses no tokens, so the service guesses none either. */
export async function withBoth(work: (service: Service, runner: ModelRunner) => Promise<void>): Promise<void> {
  const runner = await loadBareEngine();
  const service = await Service.start();
  try {
    await work(service, runner);
  } finally {
    await service.stop();
    await runner.close();
  }
}
