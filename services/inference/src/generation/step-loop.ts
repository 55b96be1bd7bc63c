import type { EngineObserver } from "../engine/engine-observer.ts";
import type { ModelRunner, PassOptions } from "../engine/model-runner.ts";
import type { ReplyStep } from "../engine/reply-text.ts";
import { sampleAndVerify } from "../engine/sampling/sample-and-verify.ts";
import type { Sampler } from "../engine/sampling/sampler.ts";
import type { Schedule, Scheduler, SequenceUpdate } from "../engine/scheduler.ts";
import type { SampledToken, Sequence } from "../engine/sequence.ts";
import { logitsByRow, type PlanRow, type StepPlan } from "../engine/step-plan.ts";
import { drawError, failedError, faultError, queueFullError, queueTimeout, textError } from "./engine-errors.ts";
import type { GenerationStream } from "./generation-stream.ts";
import type { OnToken } from "./generator.ts";
import { type GeneratorHealth, PassHealth } from "./pass-health.ts";
import type { Replies, ReplyUpdate } from "./replies.ts";

export interface StepLoopOptions {
  readonly runner: ModelRunner;
  readonly scheduler: Scheduler;
  readonly sampler: Sampler;
  readonly replies: Replies;
  readonly observer: EngineObserver;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/**
 * Steps as long as there is work: plans a pass, has it computed, draws its tokens, takes them. During a pass only the queue
 * changes. A pass is started before the last one's tokens are handed out, so that callers work while the model does. Idle, it
 * holds no timer and costs nothing.
 */
export class StepLoop {
  readonly #runner: ModelRunner;
  readonly #scheduler: Scheduler;
  readonly #sampler: Sampler;
  readonly #replies: Replies;
  readonly #observer: EngineObserver;
  readonly #now: () => number;
  readonly #health = new PassHealth();
  readonly #leaving: Sequence[] = [];
  readonly #closer = new AbortController();
  #stepping: Promise<void> | undefined;
  /** When the pass in flight began to compute. */
  #startedAt = 0;
  readonly #passOptions: PassOptions = {
    onStart: () => {
      this.#startedAt = this.#now();
    },
    signal: this.#closer.signal,
  };

  constructor({ runner, scheduler, sampler, replies, observer, now }: StepLoopOptions) {
    this.#runner = runner;
    this.#scheduler = scheduler;
    this.#sampler = sampler;
    this.#replies = replies;
    this.#observer = observer;
    this.#now = now;
  }

  get health(): GeneratorHealth {
    return this.#health.state;
  }

  /** Lets a sequence wait for its row, and others leave for it. @throws InferenceError QUEUE_FULL where it may not wait */
  add(sequence: Sequence, onToken: OnToken | undefined): GenerationStream {
    for (const refusal of this.#scheduler.add(sequence)) {
      const error = queueFullError(refusal);
      if (refusal.sequence === sequence) throw error;
      this.#fail(refusal.sequence, error);
    }
    const stream = this.#replies.open(sequence, onToken);
    this.#stepping ??= this.#stepWhileBusy();
    return stream;
  }

  /** Ends all there are with an error, and returns once no pass is in flight. None must be added from here on. */
  async stop(reason: Error): Promise<void> {
    for (const sequence of this.#replies.sequences()) this.#fail(sequence, reason);
    // A pass that waits for the device is wanted no more.
    this.#closer.abort(reason);
    await this.#stepping;
  }

  /** Takes a sequence out, from its row before the next pass; nothing once it is finished or left. */
  leave(sequence: Sequence): void {
    if (!this.#replies.forget(sequence)) return;
    this.#observer.aborted();
    // A place in the queue is free at once; a row is not before the pass that works in it has ended.
    if (sequence.status === "waiting") this.#scheduler.abort(sequence);
    else this.#leaving.push(sequence);
  }

  #fail(sequence: Sequence | undefined, error: Error): void {
    if (sequence === undefined) return;
    this.#replies.fail(sequence, error);
    this.leave(sequence);
  }

  async #stepWhileBusy(): Promise<void> {
    // Never done before the caller has kept the promise; and what comes in one go is planned together.
    await undefined;
    let updates: readonly ReplyUpdate[] = [];
    let pass: Promise<readonly ReplyUpdate[]> | undefined;
    try {
      for (;;) {
        for (const sequence of this.#leaving.splice(0)) this.#scheduler.abort(sequence);
        const now = this.#now();
        const schedule = this.#scheduler.schedule(now);
        pass = schedule.plan && this.#run(schedule, schedule.plan, now);
        this.#publish(updates, schedule);
        // No await from finding nothing to do to saying so: a request that came in between would wait for ever.
        if (pass === undefined) break;
        updates = await pass;
      }
    } catch (cause) {
      this.#giveUp(cause);
      await pass?.catch(() => undefined); // Else the runner would be closed under it.
    }
    this.#stepping = undefined;
  }

  /** A fault of the engine's own, and nobody knows what its state is worth: it ends all there are and takes no more. */
  #giveUp(cause: unknown): void {
    this.#health.gaveUp();
    for (const sequence of this.#replies.sequences()) {
      this.#replies.fail(sequence, faultError(cause));
      this.#replies.forget(sequence);
    }
  }

  async #run(schedule: Schedule, plan: StepPlan, plannedAt: number): Promise<readonly ReplyUpdate[]> {
    this.#startedAt = plannedAt;
    let logits: Float32Array;
    try {
      logits = await this.#runner.run(plan, this.#passOptions);
    } catch (cause) {
      this.#lose(schedule, cause);
      return [];
    }
    const now = this.#now();
    const passMs = now - this.#startedAt;
    this.#tellStep(schedule, plan, passMs);
    const drawn = this.#draw(schedule.sequences, plan, logits);
    this.#tellDrafts(plan, drawn);
    const updates = this.#scheduler.update(schedule, drawn, { now, passMs });
    this.#judge(plan, drawn);
    return updates.flatMap((update) => this.#read(update, now));
  }

  /** A pass that failed takes the running sequences with it, as their rows are in doubt; the rest goes on, unless it was one too many. */
  #lose({ sequences }: Schedule, cause: unknown): void {
    if (this.#closer.signal.aborted) return;
    this.#scheduler.invalidateAll();
    this.#countFailed([...sequences, ...this.#scheduler.running()], cause);
  }

  /** A pass none of whose logits could be drawn from is as good as failed; one that yielded none tells nothing of them. */
  #judge({ rows }: StepPlan, drawn: readonly (readonly SampledToken[])[]): void {
    if (drawn.some(({ length }) => length > 0)) this.#health.passed();
    else if (rows.some(({ numLogits }) => numLogits > 0)) this.#countFailed([]);
  }

  /** Ends these; all there are if it was one too many. */
  #countFailed(sequences: Schedule["sequences"], cause?: unknown): void {
    this.#health.failed();
    this.#observer.passFailed();
    const ended = this.health === "failed" ? this.#replies.sequences() : sequences;
    for (const sequence of ended) this.#fail(sequence, failedError(cause));
  }

  #tellStep({ sequences }: Schedule, { rows }: StepPlan, passMs: number): void {
    if (rows.length === 0) return;
    this.#observer.stepped(
      rows.filter((_, i) => sequences[i] !== undefined),
      passMs,
    );
  }

  #tellDrafts({ rows }: StepPlan, drawn: readonly (readonly SampledToken[])[]): void {
    const numDrafts = (rows[0]?.numLogits ?? 0) - 1;
    if (numDrafts > 0 && drawn[0]!.length > 0) this.#observer.drafted(numDrafts, drawn[0]!.length - 1);
  }

  #draw(sequences: Schedule["sequences"], plan: StepPlan, logits: Float32Array): (readonly SampledToken[])[] {
    return logitsByRow(plan, logits).map((ofRow, i) => this.#drawRow(sequences[i], plan.rows[i]!, ofRow));
  }

  /** Broken numbers in one row end that sequence alone. */
  #drawRow(sequence: Sequence | undefined, planRow: PlanRow, logits: Float32Array): readonly SampledToken[] {
    if (sequence === undefined) return [];
    try {
      return sampleAndVerify(this.#sampler, sequence, planRow, logits);
    } catch (cause) {
      this.#scheduler.invalidate(sequence);
      this.#fail(sequence, drawError(cause));
      return [];
    }
  }

  #read(update: SequenceUpdate, now: number): readonly ReplyUpdate[] {
    const { sequence } = update;
    const step = this.#readText(update);
    if (step === undefined) return [];
    if (step.stop !== undefined) this.#scheduler.finish(sequence, now);
    return [{ sequence, ...step, now }];
  }

  /** A fault of one reply's text ends that request alone, here and in `#start`. */
  #readText(update: SequenceUpdate): ReplyStep | undefined {
    try {
      return this.#replies.read(update);
    } catch (cause) {
      this.#fail(update.sequence, textError(cause));
      return undefined;
    }
  }

  #start(sequence: Sequence): void {
    try {
      this.#replies.start(sequence);
    } catch (cause) {
      this.#fail(sequence, textError(cause));
    }
  }

  #publish(updates: readonly ReplyUpdate[], { timedOut, admitted }: Schedule): void {
    for (const update of updates) this.#replies.publish(update);
    for (const sequence of timedOut) {
      const { tenant } = sequence.request;
      this.#fail(sequence, queueTimeout(sequence.request, this.#scheduler.retryDelayMs(tenant)));
    }
    for (const sequence of admitted) this.#start(sequence);
  }
}
