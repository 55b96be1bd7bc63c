import { median, type Result } from "../../result.ts";
import type { SuiteOptions } from "../../suite.ts";
import { compareRounds, inTurn, withBothEngines } from "../both-engines.ts";
import { type Completion, complete, type Engine, timeToFirstTokenMs } from "../engine.ts";
import { sentences } from "../sentences.ts";

const ROUNDS = 3;
export const CLIENTS = [1, 4, 8, 16];
/** About 200 tokens. */
const PROMPT_WORDS = 165;
export const REPLY_TOKENS = 64;
/** One after the other, so that not all prompts come at once. */
const REPLIES_A_CLIENT = 2;

/** Tokens a second that clients at once get, reading their prompts counted, and the time to their first token. */
export async function served(report: (result: Result) => void, { rounds = ROUNDS }: SuiteOptions): Promise<void> {
  await withBothEngines("served", report, async (both) => {
    for (const clients of CLIENTS) {
      const measured = await inTurn(both, rounds, (engine, seed) => serve(engine, clients, seed + clients * 100));
      report(compareRounds(`served-${clients}`, "tokens/s", measured, ({ rate }) => rate));
      report(compareRounds(`served-${clients}-ttft`, "ms (TTFT p50)", measured, ({ ttftMs }) => ttftMs));
    }
  });
}

/** One round of it. Rate in tokens a second, median time to the first token. */
export async function serve(engine: Engine, clients: number, seed: number) {
  const startedAtMs = performance.now();
  const replies = (
    await Promise.all(Array.from({ length: clients }, (_, client) => ask(engine, seed + client * REPLIES_A_CLIENT)))
  ).flat();
  const seconds = (performance.now() - startedAtMs) / 1000;
  return { rate: (replies.length * REPLY_TOKENS) / seconds, ttftMs: median(replies.map(timeToFirstTokenMs)) };
}

async function ask(engine: Engine, seed: number): Promise<Completion[]> {
  const replies: Completion[] = [];
  for (let number = 0; number < REPLIES_A_CLIENT; number++)
    replies.push(await complete(engine, sentences(seed + number, PROMPT_WORDS), REPLY_TOKENS));
  return replies;
}
