import { FairQueue } from "../../engine/queue/fair-queue.ts";
import type { Queued } from "../../engine/queue/queued.ts";
import { ServiceTime } from "../../engine/queue/service-time.ts";
import { InferenceError } from "../../errors.ts";

export interface TicketLimits {
  /** Requests that run at once; they are no part of what may wait. */
  readonly maxRunning: number;
  /** Most requests that wait for others to end. */
  readonly maxWaiting: number;
  /** Most bytes of text that requests wait with. One alone may have more. */
  readonly maxWaitingBytes: number;
}

/** What a request waits with. */
export interface TicketRequest {
  /** Whom it is for. */
  readonly tenant: string;
  /** Lower is sooner. */
  readonly priority: number;
  /** Of its text. */
  readonly bytes: number;
}

/** The right to wait and to run. */
export interface Ticket {
  /** Aborts with QUEUE_FULL when the place is given to a tenant that holds less. Never once it is admitted. */
  readonly signal: AbortSignal;
  /** It runs: its text is needed no more. */
  admit(): void;
  release(): void;
}

/** To the queue, a prompt is as long as its text has bytes: its tokens are not known yet. */
interface HeldTicket extends Queued {
  readonly controller: AbortController;
  state: "waiting" | "running" | "gone";
  admittedAt: number;
}

/**
 * Counts those who wait for one model or run on it, from before its weights are loaded and their text is read. When it is
 * full, it gives a place to the newcomer or refuses it as the model's own queue would.
 */
export class TicketDesk {
  readonly #limits: TicketLimits;
  readonly #now: () => number;
  readonly #queue = new FairQueue<HeldTicket>();
  readonly #serviceTime = new ServiceTime();
  #numRunning = 0;

  /** `now` is a clock in milliseconds. */
  constructor(limits: TicketLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Whether nobody waits or runs. */
  get isIdle(): boolean {
    return this.#queue.size + this.#numRunning === 0;
  }

  get numWaiting(): number {
    return this.#queue.size;
  }

  /** Tenants of those that wait. */
  get numWaitingTenants(): number {
    return this.#queue.numWaitingTenants;
  }

  /** @throws InferenceError QUEUE_FULL */
  take(request: TicketRequest): Ticket {
    const { maxRunning, maxWaiting, maxWaitingBytes } = this.#limits;
    const held = hold(request);
    const maxRequests = maxRunning - this.#numRunning + maxWaiting;
    const pushedOut = this.#queue.add(held, { maxRequests, maxTokens: maxWaitingBytes });
    if (pushedOut === undefined) throw this.#queueFull(held, "the queue is full");
    for (const other of pushedOut) this.#pushOut(other);
    return {
      signal: held.controller.signal,
      admit: () => this.#admit(held),
      release: () => this.#release(held),
    };
  }

  #pushOut(held: HeldTicket): void {
    held.state = "gone";
    const reason = "the queue is full, and this one made room for another tenant's, as its own has most waiting";
    held.controller.abort(this.#queueFull(held, reason));
  }

  #admit(held: HeldTicket): void {
    if (held.state !== "waiting") return;
    this.#queue.remove(held);
    held.state = "running";
    held.admittedAt = this.#now();
    this.#numRunning++;
  }

  #release(held: HeldTicket): void {
    if (held.state === "waiting") this.#queue.remove(held);
    if (held.state === "running") {
      this.#numRunning--;
      this.#serviceTime.ended(this.#now() - held.admittedAt);
    }
    held.state = "gone";
  }

  #queueFull({ numPromptTokens: bytes, request: { tenant } }: HeldTicket, reason: string): InferenceError {
    const { maxRunning, maxWaiting, maxWaitingBytes } = this.#limits;
    const { size, numTokens: waitingBytes } = this.#queue;
    const message =
      `${reason}: requests that run or wait ${this.#numRunning + size} of at most ${maxRunning + maxWaiting}, bytes of text ` +
      `that wait ${waitingBytes} of at most ${maxWaitingBytes}; this one has ${bytes}. Try again later`;
    const retryDelayMs = this.#serviceTime.retryDelayMs(this.#queue.numAheadOf(tenant), maxRunning);
    return new InferenceError("QUEUE_FULL", message, { retryDelayMs });
  }
}

function hold({ tenant, priority, bytes }: TicketRequest): HeldTicket {
  return {
    arrivedAt: 0,
    numPromptTokens: bytes,
    request: { tenant, priority, maxQueueTimeMs: undefined },
    controller: new AbortController(),
    state: "waiting",
    admittedAt: 0,
  };
}
