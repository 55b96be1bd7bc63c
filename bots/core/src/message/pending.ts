import type { Model } from "@cria/proto";
import { admit, checkAccess } from "../admission/admit.ts";
import { isToBeTold, isTurnedAway } from "../admission/told.ts";
import { conversationKey } from "../conversation/conversation-key.ts";
import type { Delivery } from "../conversation/inbox.ts";
import type { IncomingMessage } from "../port/message.ts";
import type { ReplyFacts, StartReply } from "../port/reply.ts";
import { RunningReply } from "../reply/running-replies.ts";
import { trackReply } from "../reply/tracked-reply.ts";
import { Answer } from "./answer.ts";
import { type Predecessor, RoundMemory } from "./answer-memory.ts";
import { type Background, readBackground } from "./background.ts";
import type { Core } from "./core.ts";
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
  readonly #turn: Turn;
  readonly #found: Found;

  constructor(core: Core, delivery: Delivery, found: Found = {}) {
    const { replyId, messageId, place } = delivery.entry;
    const conversation = conversationKey(place);
    this.#core = core;
    this.#found = found;
    this.delivery = delivery;
    this.running = new RunningReply({ conversation, replyId, messageId });
    if (delivery.state.text !== undefined) this.running.ask(delivery.state.text);
    const { gone } = delivery;
    gone.addEventListener("abort", () => this.running.stop(gone.reason), { once: true });
    this.#turn = new Turn(core.stores.turns, { conversation, id: delivery.id, replyId, signal: this.running.signal });
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
    const onHandle = (handle: string) => delivery.keep({ handle, isAdmitted: refusal === undefined });
    const beforeWrite = () => checkOwner(delivery, running);
    const begun = await startReply(running.replyId, await facts);
    const reply = trackReply(begun, { signal: running.signal, beforeWrite, onHandle });
    await new Answer({
      core,
      eventId: delivery.entry.eventId,
      message,
      reply,
      running,
      refusal,
      memory: new RoundMemory({ core, message, running, predecessor, background }),
      turn: this.#turn,
      background: () => (this.#turn.hasWaited ? readBackground(core, message.place) : background),
      beforeWrite,
      onEdit: (text) => delivery.keep({ text }),
    }).run();
  }

  /** The end of the work: the next one has its turn, and the entry is ended, or given to another process. Never rejects. */
  async close(): Promise<void> {
    await this.#turn.leave();
    if (this.running.end === "released") await this.delivery.release();
    else await this.delivery.end();
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

  async #admit({ place, author }: IncomingMessage): Promise<void> {
    if (this.delivery.state.isAdmitted) checkAccess(this.#core, place, author);
    else await admit(this.#core, place, author);
  }

  /** Without the store a platform knows nothing, and the answer says why. */
  async #facts(background: Promise<Background>): Promise<ReplyFacts> {
    const settings = await background.then(
      (read) => read.settings,
      () => ({}),
    );
    return replyFacts(this.#core, this.delivery, settings);
  }
}

/**
 * Resolves when it is known that the message is this process's to answer, which takes as long as the store is away for more
 * than a lease. Rejects where it is another's.
 */
export async function checkOwner(delivery: Delivery, running: RunningReply): Promise<void> {
  const owner = await delivery.owns();
  if (owner === "taken") running.stop("taken");
  if (running.isAnothers) throw new Error("another process writes this reply");
}

/** What a platform may want to know of a reply to an entry. */
export function replyFacts({ feedback }: Core, delivery: Delivery, settings: ReplyFacts["settings"]): ReplyFacts {
  return {
    settings,
    wantsFeedback: feedback !== undefined && (settings.feedback ?? false),
    mayWrite: async () => (await delivery.owns()) !== "taken",
  };
}
