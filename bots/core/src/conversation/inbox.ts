import type { Place } from "../port/place.ts";

/** What a bot was asked for: by a message, by a button under a reply, or by a comparison of two models. */
export type EntryKind = "message" | "press" | "comparison";

/** What is claimed, before anything is looked up. */
export interface NewEntry {
  /** The platform's id of what happened: the same when it is delivered again. Of a press, of what is pressed. */
  readonly eventId: string;
  readonly kind: EntryKind;
  readonly place: Place;
  /** The message's own id, by which its edit and its deletion are told. */
  readonly messageId: string;
  /** Of the reply: URL-safe, at most 24 characters. */
  readonly replyId: string;
  /** Of a press, the id of the reply that is pressed. Else what the platform needs to read the message again, in a form of its own; short, as the store holds it until it is answered. */
  readonly raw: string;
}

/** What became known of an entry since it was claimed, for whoever takes it over. */
export interface EntryState {
  /** The platform's, of the reply that was begun. */
  readonly handle?: string;
  /** Whether its author was let in and it was counted. */
  readonly isAdmitted?: boolean;
  /** As `Remembered.generation`, when its reply began: what is reset after that is not to have it. */
  readonly generation?: string;
  /** The words of the question, where they were edited. */
  readonly text?: string;
  /** Whether the question or the reply is gone: it is not to be answered. */
  readonly isDeleted?: boolean;
  /** Whether somebody pressed Stop. */
  readonly isStopped?: boolean;
}

/**
 * Whose an entry is: this process's; another's, or ended (its claim stands): nothing more is to be written; or lost (its claim
 * is gone too, since Redis came back without it, or it cannot be renewed): a sentence is to be written, and no more.
 */
export type Ownership = "mine" | "taken" | "lost";

/** An entry as it is given to a process, until it has ended or is given back. */
export interface Delivery {
  readonly entry: NewEntry;
  /** Where it was before: what was known of it. Empty for the first delivery. */
  readonly state: EntryState;
  /** Its place among all entries of its writer, as `1700000000000-0`: sorts by when it was claimed, and stays when it is taken over. */
  readonly id: string;
  /** How old it was when it was given to this process, in milliseconds: whatever the clocks of processes say. */
  readonly ageMs: number;
  /** How often it was given to a process, this time included. One that was released does not count. */
  readonly count: number;
  /** Aborts when the entry is this process's no more, with `"taken"` or `"lost"` as its reason. */
  readonly gone: AbortSignal;
  /** Whether it is this process's for certain: not while its lease could not be renewed. */
  readonly isHeld: boolean;
  /**
   * Whether this process may write for it: resolves at once while its lease holds; where it could not be renewed, waits until
   * the store says whose the entry is. Never rejects.
   */
  owns(): Promise<Ownership>;
  /** Keeps what became known, merged with what was. Written soon, several changes at once; never rejects. */
  keep(changes: EntryState): void;
  /**
   * It was answered, or told why not. Does nothing to another's. Of a press the claim goes too, so that it may be pressed
   * again. Where the store does not hear it, it is repeated while the process lives.
   */
  end(): Promise<void>;
  /** Gives it back for another process to take at once; the delivery does not count. */
  release(): Promise<void>;
  /** Renews it no more: after two leases it is delivered again, to this process or another. Where nothing is shared it is ended. */
  abandon(): Promise<void>;
}

/** What a process can take over. */
export interface TakeOverOptions {
  /** As `Place.writer`. */
  readonly writer: string;
  /** Whether this process can write in a place. */
  serves(place: Place): boolean;
  /** Called with each entry that this process has taken over; it is the one to end it. */
  onDelivery(delivery: Delivery): void;
}

/** The messages that are being answered, so that none is lost with its process. One contract suite runs on every implementation. */
export interface Inbox {
  /**
   * Gives an entry to the first who claims its event; undefined for all others, for ten minutes at least, and as long as it is
   * being answered. Atomic. Throws a `BotError` (`MEMORY_UNAVAILABLE`; `CONVERSATION_BUSY` where too many entries are pending):
   * its sender can be told so. What the store may have taken all the same is withdrawn; where this process dies before, another
   * may answer it.
   */
  claim(entry: NewEntry): Promise<Delivery | undefined>;
  /**
   * Keeps what happened to entries of a conversation beside them, for whoever takes them over: a process that dies may have
   * heard nothing of it. They are named by their messages' or replies' ids; without, all.
   */
  note(place: Place, changes: EntryState, ids?: readonly string[]): Promise<void>;
  /**
   * From now on takes over what processes of a writer left: at once what they released, after two leases what they do not renew.
   * Returns a function that ends it.
   */
  takeOver(options: TakeOverOptions): () => void;
  /** Whether other processes share it, so that what one releases is taken over by another. */
  readonly isShared: boolean;
  /** Releases every entry of this process. Does nothing where it is not shared. */
  releaseAll(): Promise<void>;
}
