import { styleText } from "node:util";

/** One figure. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, its value in the same unit, and how much of it the figure is. */
  readonly peer?: string;
  readonly peerValue?: number;
  readonly ratio?: number;
}

/**
 * A figure beside its peer's: medians of rounds that took turns. The ratio is the median of each round's own ratio, since
 * what else the machine does meets both halves of a round alike; there is none to a peer's zero.
 */
export function compare(
  name: string,
  unit: string,
  own: readonly number[],
  peer: string,
  peers: readonly number[],
): Result {
  const ratio = median(own.map((value, round) => value / peers[round]!));
  return {
    name,
    value: round(median(own)),
    unit,
    peer,
    peerValue: round(median(peers)),
    ...(Number.isFinite(ratio) ? { ratio: round(ratio) } : {}),
  };
}

/** A figure by itself, the median of its rounds. */
export function measured(name: string, unit: string, values: readonly number[]): Result {
  return { name, value: round(median(values)), unit };
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("median of no values");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * The value below which a share of all lies, as 0.99: the nearest one that was measured, so of fewer than a hundred values
 * the 99th percentile is the largest.
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("quantile of no values");
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)]!;
}

/** One line for people. */
export function resultLine({ name, value, unit, peer, peerValue, ratio }: Result): string {
  const figure = `${name.padEnd(24)} ${String(value).padStart(9)} ${unit}`;
  return peer ? `${figure.padEnd(46)} ${styleText("bold", `${ratio ?? "–"}`)} of the ${peer}'s ${peerValue}` : figure;
}

/** Rows of a Markdown table. */
export function resultTable(results: readonly Result[]): string {
  const rows = results.map(({ name, value, unit, peer, peerValue, ratio }) => {
    return `| \`${name}\` | ${value} ${unit} | ${peer ? `${peerValue} (${peer})` : ""} | ${ratio ?? ""} |`;
  });
  return ["| figure | value | peer | ratio |", "|---|---|---|---|", ...rows].join("\n");
}

/** Three significant digits: more would be noise. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}
