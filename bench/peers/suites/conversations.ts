import { median, type Result } from "../../result.ts";
import type { SuiteOptions } from "../../suite.ts";
import { compareRounds, inTurn, withBothEngines } from "../both-engines.ts";
import { complete, type Engine, timeToFirstTokenMs } from "../engine.ts";
import { sentences } from "../sentences.ts";

const ROUNDS = 3;
const CONVERSATIONS = 8;
const QUESTIONS = 6;
const QUESTION_WORDS = 60;
const REPLY_TOKENS = 48;
const SYSTEM = "<|im_start|>system\nYou are a helpful assistant. Answer in a few short sentences.<|im_end|>\n";

/** Conversations at once, each asking on as soon as it is answered, with all that was said before in the prompt. */
export async function conversations(
  report: (result: Result) => void,
  { rounds = ROUNDS }: SuiteOptions,
): Promise<void> {
  await withBothEngines("conversations", report, async (both) => {
    const measured = await inTurn(both, rounds, converse);
    report(compareRounds("conversations", "tokens/s", measured, ({ rate }) => rate));
    report(compareRounds("conversations-ttft", "ms (TTFT p50, from the second round on)", measured, later));
    report(compareRounds("conversations-ttft-last", "ms (TTFT p50 of the last round)", measured, last));
  });
}

/** Milliseconds to the first token, of each round of each conversation. */
interface Conversed {
  readonly rate: number;
  readonly ttftMs: readonly (readonly number[])[];
}

const later = ({ ttftMs }: Conversed) => median(ttftMs.flatMap((rounds) => rounds.slice(1)));
const last = ({ ttftMs }: Conversed) => median(ttftMs.map((rounds) => rounds.at(-1)!));

async function converse(engine: Engine, seed: number): Promise<Conversed> {
  const startedAtMs = performance.now();
  const ttftMs = await Promise.all(
    Array.from({ length: CONVERSATIONS }, (_, index) => conversation(engine, seed + index * QUESTIONS)),
  );
  const seconds = (performance.now() - startedAtMs) / 1000;
  return { rate: (CONVERSATIONS * QUESTIONS * REPLY_TOKENS) / seconds, ttftMs };
}

/** What was asked and answered stays in the prompt, as the engine itself wrote it. */
async function conversation(engine: Engine, seed: number): Promise<number[]> {
  const ttftMs: number[] = [];
  let prompt = SYSTEM;
  for (let round = 0; round < QUESTIONS; round++) {
    const question = sentences(seed + round, QUESTION_WORDS);
    prompt += `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`;
    const reply = await complete(engine, prompt, REPLY_TOKENS);
    ttftMs.push(timeToFirstTokenMs(reply));
    prompt += `${reply.text}<|im_end|>\n`;
  }
  return ttftMs;
}
