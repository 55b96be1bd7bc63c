import { Random } from "../../services/inference/src/engine/sampling/random.ts";

/** A request of an open loop: it comes at its time, whether or not those before it are answered. */
export interface Arrival {
  /** Milliseconds from the beginning. */
  readonly atMs: number;
  readonly promptSeed: number;
  readonly promptWords: number;
  readonly replyTokens: number;
}

/** Words of prompts and tokens of replies: many short ones, few long ones. */
const PROMPT_WORDS = { from: 10, to: 400 };
const REPLY_TOKENS = { from: 8, to: 96 };

/**
 * Requests that come independently of one another, so many a second in the mean: the times between them are exponentially
 * distributed (a Poisson process). The same seed gives the same requests.
 */
export function arrivalSchedule(seed: number, requestsPerSecond: number, seconds: number): readonly Arrival[] {
  const random = new Random(seed);
  const arrivals: Arrival[] = [];
  const pause = () => (-Math.log(1 - random.next()) * 1000) / requestsPerSecond;
  for (let atMs = pause(); atMs < seconds * 1000; atMs += pause())
    arrivals.push({ atMs, ...mixedRequest(random, seed + arrivals.length) });
  return arrivals;
}

/** That many requests of the same mixture, without times. */
export function mixedRequests(seed: number, count: number): readonly Omit<Arrival, "atMs">[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, index) => mixedRequest(random, seed + index));
}

function mixedRequest(random: Random, promptSeed: number): Omit<Arrival, "atMs"> {
  return {
    promptSeed,
    promptWords: logUniform(random, PROMPT_WORDS),
    replyTokens: logUniform(random, REPLY_TOKENS),
  };
}

/** As many between 10 and 20 as between 100 and 200. */
function logUniform(random: Random, { from, to }: { readonly from: number; readonly to: number }): number {
  return Math.round(from * (to / from) ** random.next());
}
