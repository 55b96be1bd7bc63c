import { watchMachineLoad } from "../machine-load.ts";
import { compare, type Result } from "../result.ts";
import { Service } from "../service.ts";
import { CriaEngine } from "./cria-engine.ts";
import { complete, type Engine } from "./engine.ts";
import { LlamaServer, THREADS } from "./llama-server.ts";
import { sentences } from "./sentences.ts";

/** Engines at work side by side: what one run measures in turn. */
export interface Both {
  readonly cria: Engine;
  readonly llama: Engine;
}

/** What one round measured of each. */
export interface Round<T> {
  readonly cria: T;
  readonly llama: T;
}

/** A round may use this many seeds from its own on. */
const SEEDS_A_ROUND = 10_000;
const WARM_UP_CLIENTS = [1, 4, 16];
const WARM_UP_WORDS = 60;
const WARM_UP_TOKENS = 16;

/**
 * Starts both, gives both the same untimed work first, and stops both. At the end it reports how busy the machine was
 * with other work.
 * @throws PeerUnavailable where llama.cpp's server cannot be had
 */
export async function withBothEngines(
  name: string,
  report: (result: Result) => void,
  work: (both: Both) => Promise<void>,
): Promise<void> {
  const llama = await LlamaServer.start();
  try {
    const service = await Service.start({ CRIA_THREADS: `${THREADS}` });
    try {
      const both = { cria: new CriaEngine(service), llama };
      await requireSamePrompt(both);
      for (const engine of [both.cria, both.llama]) await warmUp(engine);
      const load = watchMachineLoad(name, [service.pid, llama.pid]);
      await work(both);
      const result = load();
      if (result) report(result);
    } finally {
      await service.stop();
    }
  } finally {
    await llama.stop();
  }
}

/**
 * Measures both in turn, that many times, now the one first and now the other. Each round has a seed of its own, the same
 * for both.
 */
export async function inTurn<T>(
  both: Both,
  rounds: number,
  measure: (engine: Engine, seed: number) => Promise<T>,
): Promise<readonly Round<T>[]> {
  const measured: Round<T>[] = [];
  for (let round = 1; round <= rounds; round++) {
    const seed = round * SEEDS_A_ROUND;
    const order = round % 2 === 1 ? (["cria", "llama"] as const) : (["llama", "cria"] as const);
    const values: Partial<Record<keyof Both, T>> = {};
    for (const name of order) values[name] = await measure(both[name], seed);
    measured.push(values as Round<T>);
  }
  return measured;
}

/** A figure of ours over llama.cpp's, from what each round measured. */
export function compareRounds<T>(
  name: string,
  unit: string,
  rounds: readonly Round<T>[],
  of: (measured: T) => number,
): Result {
  const [ours, theirs] = [rounds.map(({ cria }) => of(cria)), rounds.map(({ llama }) => of(llama))];
  return compare(name, unit, ours, "llama.cpp", theirs);
}

/** The first passes of each batch size are slower. */
async function warmUp(engine: Engine): Promise<void> {
  for (const clients of WARM_UP_CLIENTS) {
    const prompts = Array.from({ length: clients }, (_, client) => sentences(-clients * 100 - client, WARM_UP_WORDS));
    await Promise.all(prompts.map((prompt) => complete(engine, prompt, WARM_UP_TOKENS)));
  }
}

/** The same prompt must be as many tokens for both. */
async function requireSamePrompt({ cria, llama }: Both): Promise<void> {
  const prompt = `<|im_start|>user\n${sentences(0, 50)}<|im_end|>\n<|im_start|>assistant\n`;
  const [ours, theirs] = [await complete(cria, prompt, 1), await complete(llama, prompt, 1)];
  if (ours.promptTokens !== theirs.promptTokens)
    throw new Error(`a prompt has ${ours.promptTokens} tokens for Cria, ${theirs.promptTokens} for llama.cpp`);
}
