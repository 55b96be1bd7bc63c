import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { RowMove } from "../engine/step-plan.ts";
import { loadOnnxModelRunner, type OnnxModelRunner } from "./onnx-model-runner.ts";
import { stockLogits, TINY_LAYOUTS, TINY_MAX_MODEL_LEN, TINY_VOCAB_SIZE } from "./stock-decoder.fixture.ts";

const MAX_NUM_SEQS = 4;
/** Three sequences that share no token. */
const SEQUENCES = [0, 1, 2].map((s) => Array.from({ length: 40 }, (_, i) => (i * 7 + s * 29 + 3) % TINY_VOCAB_SIZE));

describe.each(TINY_LAYOUTS)("OnnxModelRunner on the $name layout", (layout) => {
  /** By sequence and position. */
  let expected: readonly (readonly Float32Array[])[];
  let runner: OnnxModelRunner;

  beforeAll(async () => {
    expected = await Promise.all(SEQUENCES.map((tokenIds) => stockLogits(layout, tokenIds)));
    runner = await loadOnnxModelRunner({
      ...layout,
      maxNumSeqs: MAX_NUM_SEQS,
      maxModelLen: TINY_MAX_MODEL_LEN,
      device: "cpu",
    });
    return () => runner.close();
  });

  /** Some tokens of one sequence, from position `start` to before `end`. */
  const compute = (row: number, sequence: number, start: number, end: number, numLogits = 1) => {
    const tokenIds = SEQUENCES[sequence]!.slice(start, end);
    return runner.run({ moves: [], rows: [{ row, numComputedTokens: start, tokenIds, numLogits }] });
  };

  /** One token of each sequence, which takes the position given. */
  const decode = (
    entries: readonly (readonly [sequence: number, position: number])[],
    moves: readonly RowMove[] = [],
  ) =>
    runner.run({
      moves,
      rows: entries.map(([sequence, position], row) => ({
        row,
        numComputedTokens: position,
        tokenIds: [SEQUENCES[sequence]![position]!],
        numLogits: 1,
      })),
    });

  const difference = (logits: Float32Array, row: number, sequence: number, position: number): number => {
    const reference = expected[sequence]![position]!;
    return reference.reduce((max, value, i) => Math.max(max, Math.abs(value - logits[row * TINY_VOCAB_SIZE + i]!)), 0);
  };
  const expectStock = (logits: Float32Array, row: number, sequence: number, position: number) =>
    expect(difference(logits, row, sequence, position)).toBeLessThanOrEqual(layout.tolerance);

  it("gives the stock API's logits for a prompt", async () => {
    const logits = await compute(0, 0, 0, 20);
    expect(logits).toHaveLength(TINY_VOCAB_SIZE);
    expectStock(logits, 0, 0, 19);
  });

  it("gives them for a prompt of one token", async () => {
    expectStock(await compute(2, 1, 0, 1), 0, 1, 0);
  });

  it("gives them for a prompt in chunks, and none for a chunk that wants none", async () => {
    expect(await compute(1, 0, 0, 7, 0)).toHaveLength(0);
    expect(await compute(1, 0, 7, 8, 0)).toHaveLength(0);
    expectStock(await compute(1, 0, 8, 20), 0, 0, 19);
  });

  it("gives them for several positions of a sequence, and again after some were refused", async () => {
    await compute(2, 0, 0, 9, 0);
    const logits = await compute(2, 0, 9, 14, 3);
    for (let i = 0; i < 3; i++) expectStock(logits, i, 0, 11 + i);
    const wrong = SEQUENCES[1]!.slice(0, 4);
    await runner.run({ moves: [], rows: [{ row: 2, numComputedTokens: 14, tokenIds: wrong, numLogits: 4 }] });
    expectStock(await compute(2, 0, 14, 15), 0, 0, 14);
  });

  it("gives them for each token decoded", async () => {
    await compute(0, 0, 0, 5, 0);
    for (let position = 5; position < 20; position++) expectStock(await decode([[0, position]]), 0, 0, position);
  });

  it("gives them for rows of different lengths in one step", async () => {
    const lengths = [4, 17, 9] as const;
    for (const [row, length] of lengths.entries()) await compute(row, row, 0, length, 0);
    for (let step = 0; step < 10; step++) {
      const logits = await decode(lengths.map((length, row) => [row, length + step]));
      for (const [row, length] of lengths.entries()) expectStock(logits, row, row, length + step);
    }
  });

  it("gives them after a row moved", async () => {
    for (const [row, length] of [6, 3, 12].entries()) await compute(row, row, 0, length, 0);
    const logits = await decode(
      [
        [2, 12],
        [1, 3],
      ],
      [{ from: 2, to: 0, length: 12 }],
    );
    expectStock(logits, 0, 2, 12);
    expectStock(logits, 1, 1, 3);
  });

  it("gives them in rows from any on, and a row that runs idle between them keeps what it holds", async () => {
    for (const [row, length] of [5, 9, 14].entries()) await compute(row + 1, row, 0, length, 0);
    for (let step = 0; step < 3; step++) {
      const rows = [
        { row: 1, numComputedTokens: 5 + step, tokenIds: [SEQUENCES[0]![5 + step]!], numLogits: 1 },
        { row: 2, numComputedTokens: 9, tokenIds: [0], numLogits: 1 },
        { row: 3, numComputedTokens: 14 + step, tokenIds: [SEQUENCES[2]![14 + step]!], numLogits: 1 },
      ];
      const logits = await runner.run({ moves: [], rows });
      expectStock(logits, 0, 0, 5 + step);
      expectStock(logits, 2, 2, 14 + step);
    }
    expectStock(await compute(2, 1, 9, 12), 0, 1, 11);
    // The row's first tokens are there for another sequence that begins alike.
    expectStock(await compute(2, 1, 4, 7), 0, 1, 6);
  });

  it("gives them at a row's last position", async () => {
    const tokenIds = Array.from({ length: TINY_MAX_MODEL_LEN }, (_, i) => i);
    const reference = (await stockLogits(layout, tokenIds)).at(-1)!;
    const logits = await runner.run({ moves: [], rows: [{ row: 3, numComputedTokens: 0, tokenIds, numLogits: 1 }] });
    const distance = reference.reduce((max, value, i) => Math.max(max, Math.abs(value - logits[i]!)), 0);
    expect(distance).toBeLessThanOrEqual(layout.tolerance);
  });

  it("gives them to every sequence however sequences come, share steps and go", async () => {
    const arrival = fc.record({
      sequence: fc.nat(SEQUENCES.length - 1),
      promptTokens: fc.integer({ min: 1, max: 12 }),
      decodeTokens: fc.integer({ min: 0, max: 6 }),
      chunk: fc.integer({ min: 1, max: 12 }),
      stepsBefore: fc.nat(4),
    });
    await fc.assert(fc.asyncProperty(fc.array(arrival, { minLength: 1, maxLength: 8 }), playSchedule), { numRuns: 15 });
  });

  async function playSchedule(arrivals: readonly Arrival[]): Promise<void> {
    const rows = new DenseRows();
    for (const arrival of arrivals) {
      for (let i = 0; i < arrival.stepsBefore || rows.isFull || rows.moves.length > 0; i++) await step(rows);
      await admit(rows, arrival);
    }
    while (rows.entries.length > 0) await step(rows);
  }

  async function step(rows: DenseRows): Promise<void> {
    if (rows.entries.length === 0) return;
    const logits = await decode(
      rows.entries.map(({ sequence, position }) => [sequence, position]),
      rows.moves,
    );
    for (const [row, { sequence, position }] of rows.entries.entries()) expectStock(logits, row, sequence, position);
    rows.advance();
  }

  async function admit(rows: DenseRows, { sequence, promptTokens, decodeTokens, chunk }: Arrival): Promise<void> {
    for (let start = 0; start < promptTokens; start += chunk) {
      const end = Math.min(start + chunk, promptTokens);
      const logits = await compute(rows.entries.length, sequence, start, end, end === promptTokens ? 1 : 0);
      if (end === promptTokens) expectStock(logits, 0, sequence, end - 1);
    }
    rows.add({ sequence, position: promptTokens, end: promptTokens + decodeTokens });
  }
});

interface Arrival {
  readonly sequence: number;
  readonly promptTokens: number;
  readonly decodeTokens: number;
  readonly chunk: number;
  readonly stepsBefore: number;
}

interface RowEntry {
  readonly sequence: number;
  readonly position: number;
  /** Position at which it leaves. */
  readonly end: number;
}

/** Rows without holes: where a sequence leaves, the last row moves in before the next step. */
class DenseRows {
  entries: RowEntry[] = [];
  moves: RowMove[] = [];

  get isFull(): boolean {
    return this.entries.length === MAX_NUM_SEQS;
  }

  add(entry: RowEntry): void {
    this.entries.push(entry);
    this.#dropFinished();
  }

  advance(): void {
    this.moves = [];
    this.entries = this.entries.map((entry) => ({ ...entry, position: entry.position + 1 }));
    this.#dropFinished();
  }

  #dropFinished(): void {
    for (let row = this.entries.length - 1; row >= 0; row--) {
      if (this.entries[row]!.position < this.entries[row]!.end) continue;
      const last = this.entries.pop()!;
      if (row === this.entries.length) continue;
      this.moves.push({ from: this.entries.length, to: row, length: last.position });
      this.entries[row] = last;
    }
  }
}
