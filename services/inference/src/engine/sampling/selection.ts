/** Where a descending order is cut: larger values are kept, and of those equal to `value` the first `ties`. */
export interface Cut {
  readonly value: number;
  readonly ties: number;
}

/**
 * Finds the smallest prefix of the values in descending order that holds at least `target`, each value counting for
 * `measure` of itself; everything if they hold less. Reorders values[0..size). Quickselect: linear however many are kept,
 * where a sort of a flat distribution over 49,152 tokens takes 3 ms.
 */
export function findCut(values: Float64Array, size: number, target: number, measure: Measure): Cut {
  let low = 0;
  let high = size;
  let wanted = target;
  while (low < high) {
    const pivot = median(values[low]!, values[(low + high) >> 1]!, values[high - 1]!);
    const [equal, smaller] = partition(values, low, high, pivot);
    const larger = measure(values, low, equal);
    if (larger >= wanted) {
      high = equal;
      continue;
    }
    wanted -= larger;
    const ties = Math.max(1, Math.ceil(wanted / measure(values, equal, equal + 1)));
    if (ties <= smaller - equal) return { value: pivot, ties };
    wanted -= measure(values, equal, smaller);
    low = smaller;
  }
  return { value: Number.NEGATIVE_INFINITY, ties: 0 };
}

/** What values[from..to) hold together. */
export type Measure = (values: Float64Array, from: number, to: number) => number;

/** Each value counts for one. */
export function count(_values: Float64Array, from: number, to: number): number {
  return to - from;
}

/** Each value counts for itself. */
export function sum(values: Float64Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += values[i]!;
  return total;
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** Orders values[low..high) into larger, equal and smaller than the pivot; returns where equal and smaller begin. */
function partition(values: Float64Array, low: number, high: number, pivot: number): readonly [number, number] {
  let larger = low;
  let smaller = high;
  for (let i = low; i < smaller; ) {
    const value = values[i]!;
    if (value > pivot) {
      values[i++] = values[larger]!;
      values[larger++] = value;
    } else if (value < pivot) {
      values[i] = values[--smaller]!;
      values[smaller] = value;
    } else i++;
  }
  return [larger, smaller];
}
