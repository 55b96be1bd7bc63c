import type { EngineModel } from "../engine/generation.ts";
import { type ReplyStep, ReplyText } from "../engine/reply-text.ts";
import type { SequenceUpdate } from "../engine/scheduler.ts";
import type { Sequence } from "../engine/sequence.ts";
import { GenerationStream } from "./generation-stream.ts";
import type { OnToken } from "./generator.ts";

interface Reply {
  readonly stream: GenerationStream;
  /** Some 40 KB with what notices repetitions: undefined while the request waits. */
  text: ReplyText | undefined;
}

/** What a pass and its text did to a request. */
export interface ReplyUpdate extends ReplyStep {
  readonly sequence: Sequence;
  /** On the engine's clock, in milliseconds. */
  readonly now: number;
}

/** What the engine keeps of requests beside their sequences, each until its caller leaves or all is told. */
export class Replies {
  readonly #model: EngineModel;
  readonly #replies = new Map<Sequence, Reply>();

  constructor(model: EngineModel) {
    this.#model = model;
  }

  sequences(): readonly Sequence[] {
    return [...this.#replies.keys()];
  }

  open(sequence: Sequence, onToken: OnToken | undefined): GenerationStream {
    const stream = new GenerationStream(onToken);
    this.#replies.set(sequence, { stream, text: undefined });
    return stream;
  }

  /** The sequence has its row. */
  start(sequence: Sequence): void {
    const { request, queueTimeMs, numCachedTokens } = sequence;
    const reply = this.#replies.get(sequence)!;
    reply.text = new ReplyText(this.#model, request.stopping);
    reply.stream.push({ type: "started", queueTimeMs, cachedTokens: numCachedTokens });
  }

  /** Makes a pass's tokens text, and tells of each that is part of the reply; undefined where its caller has left. */
  read(update: SequenceUpdate): ReplyStep | undefined {
    const reply = this.#replies.get(update.sequence);
    if (reply?.text === undefined) return undefined;
    const { text, stream } = reply;
    const numBefore = text.numTokens;
    const step = text.read(update);
    for (let i = numBefore; i < text.numTokens; i++) stream.onToken?.();
    return step;
  }

  /** Hands out what a pass did; after its end a request is forgotten. */
  publish({ sequence, delta, stop, now }: ReplyUpdate): void {
    const reply = this.#replies.get(sequence);
    if (reply?.text === undefined) return;
    if (delta !== undefined) reply.stream.push({ type: "delta", ...delta });
    if (stop === undefined) return;
    const completionTokens = reply.text.numTokens;
    const cachedTokens = sequence.numCachedTokens;
    reply.stream.push({ type: "finished", ...stop, cachedTokens, completionTokens, timings: sequence.timings(now) });
    this.#replies.delete(sequence);
  }

  /** Has the caller's stream throw; nothing once the request is forgotten. */
  fail(sequence: Sequence, error: Error): void {
    this.#replies.get(sequence)?.stream.fail(error);
  }

  /** Forgets a request; whether there was anything to forget. */
  forget(sequence: Sequence): boolean {
    return this.#replies.delete(sequence);
  }
}
