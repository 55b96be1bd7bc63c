import type { Model } from "@cria/proto";
import { admit, checkAccess, uncount } from "../admission/admit.ts";
import { isToBeTold, isTurnedAway } from "../admission/told.ts";
import type { Delivery } from "../conversation/inbox.ts";
import type { IncomingMessage } from "../port/message.ts";
import type { ReplyFacts, StartReply } from "../port/reply.ts";
import { RunningReply } from "../reply/running-replies.ts";
import { Answer } from "./answer.ts";
import { type Predecessor, RoundMemory } from "./answer-memory.ts";
import { type Background, readBackground } from "./background.ts";
import type { Core } from "./core.ts";
import { HeldEntry } from "./held-entry.ts";
import { Turn } from "./turn.ts";

/** What a message is answered with. */
export interface AnswerRequest {
  readonly message: IncomingMessage;
  readonly startReply: StartReply;
  /** Lets it in and counts it; throws what keeps it from being answered. Default: as its author and place say. */
  readonly admit?: () => Promise<void>;
  readonly predecessor?: Predecessor;
}

/** What is known when it is claimed. */
interface Found {
  /** Default: a new one. */
  readonly running?: RunningReply;
  /** What kept it from being claimed: its answer says so. */
  readonly failure?: unknown;
  /** Asked for together with the claim, so that nobody waits for one after the other. */
  readonly models?: Promise<readonly Model[]>;
}

/** A claimed event while this process handles it: from its claim, which gave it its place in the queue, to its end. */
export class Pending {
  readonly delivery: Delivery;
  readonly running: RunningReply;
  readonly #core: Core;
  readonly #held: HeldEntry;
  readonly #turn: Turn;
  readonly #found: Found;
  #isStarted = false;

  constructor(core: Core, delivery: Delivery, { running = new RunningReply(delivery.entry), ...found }: Found = {}) {
    this.#core = core;
    this.#found = found;
    this.delivery = delivery;
    this.running = running;
    if (delivery.state.text !== undefined) running.ask(delivery.state.text);
    this.#held = new HeldEntry(core, delivery, running);
    this.#turn = new Turn(core.stores.turns, running, delivery);
  }

  /** Answers it. Resolves when the reply has ended, or is another process's. Rejects with the platform's error where none can begin. */
  async answer({ message, startReply, predecessor, ...request }: AnswerRequest): Promise<void> {
    const { running, delivery } = this;
    const core = this.#core;
    running.ask(message.text);
    if (running.isAnothers) return;
    const background = readBackground(core, message.place, this.#found.models);
    const facts = this.#facts(background);
    const refusal = await this.#refusal(request.admit ?? (() => this.#admit(message)));
    if (refusal !== undefined && !(await this.#isToBeTold(message, refusal))) return;
    // What was begun is ended where it stands.
    if (running.isAnothers || (running.isDeleted && delivery.state.handle === undefined)) return;
    const isAdmitted = refusal === undefined;
    const numCounted = isAdmitted || delivery.state.isAdmitted ? 1 : 0;
    const begunIn = delivery.state.generation;
    const generation = begunIn ?? (await background.catch(() => undefined))?.generation;
    const begun = await startReply(running.replyId, await facts).catch(async (error: unknown) => {
      await uncount(core, message.place, message.author, numCounted);
      if (numCounted > 0) delivery.keep({ isAdmitted: false });
      throw error;
    });
    await new Answer({
      core,
      eventId: delivery.entry.eventId,
      message,
      reply: this.#held.writes(begun, { isAdmitted, generation }),
      running,
      refusal,
      numCounted,
      memory: new RoundMemory({ core, message, running, predecessor, background, generation: begunIn }),
      turn: this.#turn,
      background: () => (this.#turn.hasWaited ? readBackground(core, message.place) : background),
      beforeWrite: () => this.#held.check(),
      onEdit: (text) => delivery.keep({ text }),
    }).run();
  }

  /** What a platform may want to know of the reply. */
  facts(settings: ReplyFacts["settings"]): ReplyFacts {
    return this.#held.facts(settings);
  }

  /**
   * Runs what must not run twice, as a command: once started, no other process starts it again. It waits for nobody's turn, and
   * nobody waits for it. Undefined, and nothing is run, where the entry is another process's.
   */
  async once<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { running, delivery } = this;
    if (running.isAnothers) return undefined;
    this.#isStarted = true;
    // A process that ends releases what hangs; this would then be started by another.
    const end = () => void (running.end === "released" && delivery.end());
    running.signal.addEventListener("abort", end, { once: true });
    await this.#turn.leave();
    return await work();
  }

  /** The end of the work: the next one has its turn, and the entry is ended, or given to another process. Never rejects. */
  async close(): Promise<void> {
    await this.#turn.leave();
    if (this.#isStarted) await this.delivery.end();
    else await this.#held.close();
  }

  /** The work failed: where processes share the store, it is delivered again, as often as may be. Never rejects. */
  async fail(): Promise<void> {
    if (this.#isStarted || this.running.end !== undefined || this.delivery.entry.kind !== "message")
      return await this.close();
    await this.#turn.leave();
    await this.delivery.abandon();
  }

  async #refusal(admit: () => Promise<void>): Promise<unknown> {
    return (
      this.#found.failure ??
      (await admit().then(
        () => undefined,
        (error: unknown) => error,
      ))
    );
  }

  /** What was begun already is ended by it; who does not call the bot talks to others. */
  async #isToBeTold(message: IncomingMessage, refusal: unknown): Promise<boolean> {
    if (message.isOverheard && isTurnedAway(refusal)) return false;
    return this.delivery.state.handle !== undefined || (await isToBeTold(this.#core.stores.claims, message, refusal));
  }

  /** That it was counted is kept at once: it may wait for long before its reply has a handle to keep. */
  async #admit({ place, author }: IncomingMessage): Promise<void> {
    if (this.delivery.state.isAdmitted) return checkAccess(this.#core, place, author);
    await admit(this.#core, place, author);
    if (this.#core.quotas) this.delivery.keep({ isAdmitted: true });
  }

  /** Without the store a platform knows nothing, and the answer says why. */
  async #facts(background: Promise<Background>): Promise<ReplyFacts> {
    return this.facts(await background.then((read) => read.settings).catch(() => ({})));
  }
}
