import type { ClaimedEvent } from "./claimed-event.ts";
import type { Claim, IncomingCommand, Refuse } from "./incoming-command.ts";
import type { IncomingEvent, MessageDeletion, MessageEdit, ReceivedEvent, SentMessage } from "./message.ts";
import type { Author, Place } from "./place.ts";
import type { FeedbackRating, Reply, ReplyAction, ReplyFacts, StartReply, StopAction } from "./reply.ts";

/** What is done about an event once it is claimed: it is read, and becomes a message or a command, or nothing. */
export type Work = (claimed: ClaimedEvent) => Promise<void>;

/** A reply that is not to be written any more; a sentence takes its place. */
export interface GivenUpReply {
  readonly place: Place;
  readonly messageId: string;
  readonly replyId: string;
  /** As the `Reply` of the process before gave it; undefined where nothing was begun. */
  readonly handle: string | undefined;
}

/** How a platform goes on with what other processes left. */
export interface RecoverOptions {
  /** As `Place.writer`. */
  readonly writer: string;
  /** Whether this process can write in a place. */
  serves(place: Place): boolean;
  /** The same work as for an event that comes in. */
  readonly work: Work;
  /** Whether what a handle names carries the end of a reply already, as figures or buttons: it is left as it is then. May reject. */
  hasEnded(place: Place, handle: string): Promise<boolean>;
  /** Begins a reply that will hold one sentence, in the place of what was begun. */
  startReply(givenUp: GivenUpReply, facts: ReplyFacts): Promise<Reply>;
}

/**
 * What the core offers a platform. Any process may be asked about any conversation. Where an answer is a sentence or
 * undefined, the sentence says why nothing was done and is for the person who asked alone.
 */
export interface BotCore {
  /**
   * Claims an event before anything is looked up, takes its place in the conversation's queue, and does the work; nothing where
   * another process has it. Resolves when the work has ended. Never rejects.
   */
  receive(event: ReceivedEvent, work: Work): Promise<void>;
  /** As `receive`, with a message of which everything is known. */
  handleMessage(message: SentMessage, startReply: StartReply): Promise<void>;
  /** A question that is being answered is answered anew in the same reply; later, Regenerate answers the new text. */
  handleEdit(edit: MessageEdit): Promise<void>;
  /** Stops the replies to questions that were deleted, or forgets the two; forgets the rounds of replies that were deleted. */
  handleDeletion(deletion: MessageDeletion): Promise<void>;
  /**
   * Answers a command with Markdown for people; undefined when another process had the same event. With `refuse`, what keeps
   * the command from being run goes to it, and its answer is the answer. Not for `compare`.
   */
  handleCommand(command: IncomingCommand, refuse?: Refuse): Promise<string | undefined>;
  /** Runs `compare` as two replies that stream side by side, each headed by its model. Resolves when both have ended. */
  compare(command: IncomingCommand, startReply: StartReply): Promise<string | undefined>;
  /**
   * Claims an event for what a platform itself says of it in public, as that a command does not exist. An event that is
   * handed to the core as well needs another id here. Never rejects.
   */
  claim(event: IncomingEvent & Partial<IncomingCommand>): Promise<Claim>;
  /**
   * Why somebody may not talk to the bot in a place, or not run a command there; undefined where they may. For what is to be
   * known before anything is shown, as whether a refusal is for one person alone.
   */
  refusal(asked: { readonly place: Place; readonly author: Author } & Partial<IncomingCommand>): string | undefined;
  /** Whether rounds of the conversation are remembered, so that the bot is part of it. False where that cannot be known. */
  remembers(place: Place): Promise<boolean>;
  /**
   * Whether what was written at that time, in milliseconds since 1970, is new to the conversation: nothing of it is remembered,
   * and it was not reset since. True where that cannot be known.
   */
  isNews(place: Place, atMs: number): Promise<boolean>;
  /**
   * Stops a reply, whichever process writes it; without an id, whatever is being answered in the conversation. Anyone who may talk to the bot there may stop it.
   */
  stopReply(action: StopAction): Promise<string | undefined>;
  /**
   * Answers the question of a reply again, with the settings of now, as a new reply that takes the old one's place in
   * memory. Also answers a failed reply's question. Resolves when the new reply has ended.
   */
  regenerate(action: ReplyAction, startReply: StartReply): Promise<string | undefined>;
  /**
   * Goes on where a reply was cut (`length`, `contextFull`, `timeBudget`, `stopped`). The new reply's text begins where the old
   * one's ends, blank space included; memory has them as one.
   */
  continueReply(action: ReplyAction, startReply: StartReply): Promise<string | undefined>;
  /** Whether the workspace collects feedback, so whether to show 👍 and 👎. False where that cannot be known. */
  wantsFeedback(place: Place): Promise<boolean>;
  /** Keeps a rating with its question and reply; the last one of a person counts. */
  giveFeedback(action: ReplyAction & { readonly rating: FeedbackRating }): Promise<string | undefined>;
  /**
   * From now on goes on with what processes of a writer left: messages are answered, in the place of what they had begun;
   * presses and comparisons get a sentence. Returns a function that ends it.
   */
  recover(options: RecoverOptions): () => void;
  /**
   * The beginning of a clean end: what is being answered or waits is left to another process, which takes it over at once;
   * from now on nothing is begun. Where memory is this process's own nothing is left, and the platform ends its replies.
   * Never rejects; takes a second at most.
   */
  stop(): Promise<void>;
}
