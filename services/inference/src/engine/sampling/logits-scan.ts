import { expNegative } from "./exponential.ts";

const BLOCK = 64;

/** What one pass over a row of logits finds: the largest, and a bound of each block of 64, so that later passes skip blocks. */
export class LogitsScan {
  readonly #vocabSize: number;
  /** The largest of each block where that is within the window, else a bound of it outside the window. */
  readonly #blockMax: Float32Array;
  readonly #sorted: Float32Array;
  #logits: Float32Array = new Float32Array(0);
  #max = 0;
  #window = 0;

  constructor(vocabSize: number) {
    this.#vocabSize = vocabSize;
    this.#blockMax = new Float32Array(Math.ceil(vocabSize / BLOCK));
    this.#sorted = new Float32Array(this.#blockMax.length);
  }

  /**
   * Reads a row. A logit of -Infinity is a token that cannot be drawn. Logits `window` or more below the largest so far are
   * not compared with each other: a narrow one takes a third of the time, as hardly a branch is then mispredicted.
   * @throws RangeError when a logit is NaN or +Infinity, or all are -Infinity: the model's numbers are broken
   */
  read(logits: Float32Array, window = Number.POSITIVE_INFINITY): void {
    this.#logits = logits;
    this.#window = window;
    this.#max = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let block = 0; block < this.#blockMax.length; block++) sum += this.#readBlock(block);
    // A sum in float64 of finite float32 cannot overflow; NaN and +Infinity stay in it.
    if (Number.isNaN(sum) || sum === Number.POSITIVE_INFINITY) throw brokenLogits(logits);
    if (this.#max === Number.NEGATIVE_INFINITY)
      throw new RangeError("all logits of a row are -Infinity: nothing to draw");
  }

  // Four at a time: one sum after the other would wait for the last.
  #readBlock(block: number): number {
    const logits = this.#logits;
    const start = block * BLOCK;
    const end = Math.min(start + BLOCK, this.#vocabSize);
    const endOfFours = end - (end % 4);
    let max = this.#windowEnd();
    let sum = 0;
    for (let i = start; i < endOfFours; i += 4) {
      const a = logits[i]!;
      const b = logits[i + 1]!;
      const c = logits[i + 2]!;
      const d = logits[i + 3]!;
      sum += a + b + (c + d);
      if (a > max) max = a;
      if (b > max) max = b;
      if (c > max) max = c;
      if (d > max) max = d;
    }
    for (let i = endOfFours; i < end; i++) {
      sum += logits[i]!;
      max = Math.max(max, logits[i]!);
    }
    this.#blockMax[block] = max;
    if (max > this.#max) this.#max = max;
    return sum;
  }

  /** As float32, so that it compares with what is kept of a block. */
  #windowEnd(): number {
    return Math.fround(this.#max - this.#window);
  }

  get max(): number {
    return this.#max;
  }

  /** The likeliest token; of equals, the lowest id. */
  argmax(): number {
    return this.#logits.indexOf(this.#max, this.#blockMax.indexOf(this.#max) * BLOCK);
  }

  /** Sum over the row of the weights, e to the power of (logit - max) / temperature. */
  total(temperature: number): number {
    return this.totalFrom(Number.NEGATIVE_INFINITY, temperature).known;
  }

  /** The same, adding up only the blocks whose largest logit reaches the floor; the others weigh at most `rest`. */
  totalFrom(floor: number, temperature: number): { readonly known: number; readonly rest: number } {
    const scale = inverse(temperature);
    let known = 0;
    let rest = 0;
    for (let block = 0; block < this.#blockMax.length; block++) {
      const max = this.#blockMax[block]!;
      if (max >= floor) known += this.#blockTotal(block, scale);
      else rest += BLOCK * expNegative((this.#max - max) * scale);
    }
    return { known, rest };
  }

  #blockTotal(block: number, scale: number): number {
    const logits = this.#logits;
    const max = this.#max;
    const end = Math.min((block + 1) * BLOCK, this.#vocabSize);
    let total = 0;
    for (let i = block * BLOCK; i < end; i++) total += expNegative((max - logits[i]!) * scale);
    return total;
  }

  /** A logit that at least k tokens reach: the k-th largest block maximum. -Infinity if fewer blocks have one in the window. */
  reachedBy(k: number): number {
    const blocks = this.#sorted.length;
    if (k > blocks) return Number.NEGATIVE_INFINITY;
    this.#sorted.set(this.#blockMax);
    this.#sorted.sort();
    const reached = this.#sorted[blocks - k]!;
    return reached > this.#windowEnd() ? reached : Number.NEGATIVE_INFINITY;
  }

  /** Writes the ids of all tokens that reach a logit, ascending, and returns how many. */
  collect(floor: number, ids: Int32Array): number {
    let count = 0;
    for (let block = 0; block < this.#blockMax.length; block++) {
      if (this.#blockMax[block]! >= floor) count = this.#collectBlock(block, floor, ids, count);
    }
    return count;
  }

  #collectBlock(block: number, floor: number, ids: Int32Array, start: number): number {
    const end = Math.min((block + 1) * BLOCK, this.#vocabSize);
    let count = start;
    for (let i = block * BLOCK; i < end; i++) {
      if (this.#logits[i]! >= floor) ids[count++] = i;
    }
    return count;
  }
}

/** One over a temperature, finite for the smallest too: zero times it must be zero. */
export function inverse(temperature: number): number {
  return Math.min(1 / temperature, Number.MAX_VALUE);
}

function brokenLogits(logits: Float32Array): RangeError {
  const tokenId = logits.findIndex((logit) => Number.isNaN(logit) || logit === Number.POSITIVE_INFINITY);
  return new RangeError(`logit of token ${tokenId} is ${logits[tokenId]}: the model's numbers are broken`);
}
