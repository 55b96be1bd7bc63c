import type { FakeModelRunner } from "./fake-model-runner.fixture.ts";
import { sampleAndVerify } from "./sampling/sample-and-verify.ts";
import { Sampler } from "./sampling/sampler.ts";
import type { Schedule } from "./scheduler.ts";
import type { SampledToken, Sequence } from "./sequence.ts";
import { logitsByRow, type PlanRow } from "./step-plan.ts";

/** Draws what one row's logits let its sequence say. */
export type DrawRow = (sequence: Sequence, planRow: PlanRow, logits: Float32Array) => readonly SampledToken[];

/** Does for a scheduler what the engine does between `schedule` and `update`, at once: the pass on a fake model, and the drawing. */
export class FakePasses {
  readonly draw: DrawRow;
  readonly #runner: FakeModelRunner;

  constructor(runner: FakeModelRunner) {
    const sampler = new Sampler(runner.vocabSize);
    this.draw = (sequence, planRow, logits) => sampleAndVerify(sampler, sequence, planRow, logits);
    this.#runner = runner;
  }

  /** What is drawn for each of the plan's rows, which must be there. */
  run({ plan, sequences }: Schedule, draw = this.draw): readonly (readonly SampledToken[])[] {
    return logitsByRow(plan!, this.#runner.pass(plan!)).map((logits, i) =>
      sequences[i] ? draw(sequences[i], plan!.rows[i]!, logits) : [],
    );
  }
}
