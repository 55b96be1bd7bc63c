import { compare, measured, quantile, type Result } from "../result.ts";
import { type Completion, interTokenLatenciesMs, timeToFirstTokenMs } from "./engine.ts";

/** What the requests of one load waited for. Milliseconds, but for the last. */
export interface Latencies {
  readonly ttftP50: number;
  readonly ttftP99: number;
  /** Between one token of a reply and the next: an equal part each where several came at once. */
  readonly itlP50: number;
  readonly itlP99: number;
  /** Percent of the requests that were served in good time. */
  readonly goodput: number;
}

/** Both engines under one load. */
export interface LoadPoint {
  /** Of what llama.cpp's server can serve. */
  readonly percent: number;
  readonly requestsPerSecond: number;
  /** How many came to each. */
  readonly requests: number;
  readonly cria: Latencies;
  readonly llama: Latencies;
}

/** In good time: the first token within a second, the others within 100 ms each in the mean. */
const GOOD_TTFT_MS = 1000;
const GOOD_MEAN_GAP_MS = 100;

/** Sums up the replies of one engine under one load. */
export function latenciesOf(replies: readonly Completion[]): Latencies {
  const ttftMs = replies.map(timeToFirstTokenMs);
  const itlMs = replies.flatMap(interTokenLatenciesMs);
  return {
    ttftP50: quantile(ttftMs, 0.5),
    ttftP99: quantile(ttftMs, 0.99),
    itlP50: quantile(itlMs, 0.5),
    itlP99: quantile(itlMs, 0.99),
    goodput: (100 * replies.filter(isGood).length) / replies.length,
  };
}

/** The figures of one load: ours, llama.cpp's, and their ratio. */
export function pointResults({ percent, requests, cria, llama }: LoadPoint): readonly Result[] {
  const figure = (what: string, unit: string, of: keyof Latencies) =>
    compare(`arrivals-${percent}-${what}`, unit, [cria[of]], "llama.cpp", [llama[of]]);
  return [
    measured(`arrivals-${percent}-requests`, "requests", [requests]),
    figure("ttft-p50", "ms", "ttftP50"),
    figure("ttft-p99", "ms", "ttftP99"),
    figure("itl-p50", "ms", "itlP50"),
    figure("itl-p99", "ms", "itlP99"),
    figure("goodput", "% of the requests", "goodput"),
  ];
}

function isGood(reply: Completion): boolean {
  return timeToFirstTokenMs(reply) <= GOOD_TTFT_MS && mean(interTokenLatenciesMs(reply)) <= GOOD_MEAN_GAP_MS;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
