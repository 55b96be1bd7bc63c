import type { Claim, IncomingCommand, Refuse } from "./incoming-command.ts";
import type { IncomingEvent, IncomingMessage, MessageDeletion, MessageEdit } from "./message.ts";
import type { Place } from "./place.ts";
import type { FeedbackRating, Reply, ReplyAction, StartReply } from "./reply.ts";

/** A message whose process died before its reply had ended. */
export interface AbandonedReply {
  readonly message: IncomingMessage;
  readonly replyId: string;
  /** As the dead process's `Reply` gave it. */
  readonly handle: string | undefined;
  /** What an older reply had said, where this one goes on with it. */
  readonly begun: string;
}

/** Where a process can write. */
export interface ServedPlaces extends Pick<Place, "platform" | "writer"> {
  /** Whether a workspace is one of its own, by its id on the platform. */
  serves(workspaceId: string): boolean;
}

/**
 * What the core offers a platform. Any process may be asked about any conversation. Where an answer is a sentence or
 * undefined, the sentence says why nothing was done and is for the person who asked alone.
 */
export interface BotCore {
  /** Answers one message; resolves when the reply has ended, however it ended. Never rejects for a failure it told the user. */
  handleMessage(message: IncomingMessage, startReply: StartReply): Promise<void>;
  /** A question that is being answered is answered anew in the same reply; later, Regenerate answers the new text. */
  handleEdit(edit: MessageEdit): Promise<void>;
  /** Stops the reply to a question that was deleted, or forgets the two. */
  handleDeletion(deletion: MessageDeletion): Promise<void>;
  /**
   * Answers a command with Markdown for people; undefined when another process had the same event. `compare` answers with
   * both replies in one text here; `compare` below streams them. With `refuse`, what keeps the command from being run goes
   * to it, and its answer is the answer.
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
  refusal(event: Omit<IncomingEvent, "eventId"> & Partial<IncomingCommand>): string | undefined;
  /** Whether rounds of the conversation are remembered, so that the bot is part of it. False where that cannot be known. */
  remembers(place: Place): Promise<boolean>;
  /** Stops a reply, whichever process writes it. Anyone who may talk to the bot there may stop it. */
  stopReply(action: ReplyAction): Promise<string | undefined>;
  /** Stops whatever is being answered in a conversation, whichever process writes it. */
  stopReplies(action: Omit<ReplyAction, "replyId">): Promise<string | undefined>;
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
   * From now on answers what dead processes of this platform left unanswered, in the workspaces that this one serves:
   * `startReply` takes the place of the reply they had begun, if any. Returns a function that ends it.
   */
  adoptReplies(where: ServedPlaces, startReply: (abandoned: AbandonedReply) => Promise<Reply>): () => void;
  /**
   * The beginning of a clean end: what is being answered or waits is left to another process, which takes it over at once;
   * from now on nothing is begun. Where memory is this process's own nothing is left, and the platform ends its replies.
   * Never rejects; takes a second at most.
   */
  handOver(): Promise<void>;
}
