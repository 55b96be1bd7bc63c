import { setTimeout as wait } from "node:timers/promises";
import { measured, median, type Result } from "../../result.ts";
import type { SuiteOptions } from "../../suite.ts";
import { compareRounds, inTurn, withBothEngines } from "../both-engines.ts";
import { type Arrival, complete, type Engine, longestWaitMs, type Piece, timeToFirstTokenMs } from "../engine.ts";
import { sentences } from "../sentences.ts";

const ROUNDS = 5;
const DECODING = 4;
/** Tokens that each of them has before the long prompt comes. */
const TOKENS_BEFORE = 8;
/** More than are written meanwhile: they are hung up on. */
const DECODE_TOKENS = 1500;
/** About 2,000 tokens. */
const LONG_WORDS = 1680;
/** About 15 tokens. */
const SHORT_WORDS = 10;
const REPLY_TOKENS = 8;
/** From the long prompt to the short one. */
const BETWEEN_MS = 100;
/** For an engine to notice that its clients hung up. */
const SETTLE_MS = 1000;

/** Some decode, a long prompt comes, then a short one: who waits how long? */
export async function mixed(report: (result: Result) => void, { rounds = ROUNDS }: SuiteOptions): Promise<void> {
  await withBothEngines("mixed", report, async (both) => {
    const each = await inTurn(both, rounds, mix);
    report(compareRounds("mixed-gap", "ms (worst gap between tokens)", each, ({ worstGapMs }) => worstGapMs));
    report(
      compareRounds("mixed-first-token", "times as long as alone", each, ({ shortMs, aloneMs }) => shortMs / aloneMs),
    );
    report(compareRounds("mixed-short", "ms (TTFT of the short prompt)", each, ({ shortMs }) => shortMs));
    report(compareRounds("mixed-long", "ms (TTFT of the long prompt)", each, ({ longMs }) => longMs));
    report(
      measured(
        "mixed-alone",
        "ms (TTFT of the short prompt alone)",
        each.map(({ cria }) => cria.aloneMs),
      ),
    );
  });
}

async function mix(engine: Engine, seed: number) {
  const aloneMs = await timeAlone(engine, seed);
  const decoding = new AbortController();
  const rows = Array.from({ length: DECODING }, (_, row) => new DecodingRow(engine, seed + 10 + row, decoding.signal));
  await Promise.all(rows.map((row) => row.hasBegun));
  const fromMs = performance.now();
  const long = complete(engine, sentences(seed + 20, LONG_WORDS), REPLY_TOKENS);
  await wait(BETWEEN_MS);
  const short = complete(engine, sentences(seed + 21, SHORT_WORDS), REPLY_TOKENS);
  const [longMs, shortMs] = (await Promise.all([long, short])).map(timeToFirstTokenMs);
  const toMs = performance.now();
  decoding.abort();
  const worst = await Promise.all(rows.map((row) => row.longestWaitMs(fromMs, toMs)));
  await wait(SETTLE_MS);
  return { aloneMs, longMs: longMs!, shortMs: shortMs!, worstGapMs: Math.max(...worst) };
}

/** The median of three, each another prompt. */
async function timeAlone(engine: Engine, seed: number): Promise<number> {
  const timesMs: number[] = [];
  for (let number = 0; number < 3; number++)
    timesMs.push(timeToFirstTokenMs(await complete(engine, sentences(seed + number, SHORT_WORDS), REPLY_TOKENS)));
  return median(timesMs);
}

/** A reply that is written until it is hung up on. */
class DecodingRow {
  /** Resolves once it has its first tokens. */
  readonly hasBegun: Promise<void>;
  readonly #arrivals: Arrival[] = [];
  readonly #signal: AbortSignal;
  #ended: Promise<void> = Promise.resolve();

  constructor(engine: Engine, seed: number, signal: AbortSignal) {
    this.#signal = signal;
    this.hasBegun = new Promise((resolve, reject) => {
      this.#ended = this.#read(engine.stream(sentences(seed, SHORT_WORDS), DECODE_TOKENS, signal), resolve);
      this.#ended.catch(reject);
    });
  }

  /** The longest wait for text that its client saw between two times, of which the second is that of hanging up. */
  async longestWaitMs(fromMs: number, toMs: number): Promise<number> {
    await this.#ended;
    return longestWaitMs(this.#arrivals, fromMs, toMs);
  }

  async #read(pieces: AsyncIterable<Piece>, begun: () => void): Promise<void> {
    try {
      let numWritten = 0;
      for await (const { text, numTokens } of pieces) {
        if (text) this.#arrivals.push({ atMs: performance.now(), numTokens });
        numWritten += numTokens;
        if (numWritten >= TOKENS_BEFORE) begun();
      }
      if (!this.#signal.aborted)
        throw new Error(`a row wrote its ${DECODE_TOKENS} tokens before the others were answered`);
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    }
  }
}
