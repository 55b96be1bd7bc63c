/** How one waits for a turn. */
export interface EnterOptions {
  /** Whose place it is: no other's, and the same for whoever takes the entry over. */
  readonly replyId: string;
  /** By which places are in order: the entry's id, `1700000000000-0`, which another writer's may have too. */
  readonly id: string;
  /** Whether the entry is this process's for certain: else its place is not renewed. Default: it is. */
  readonly isHeld?: () => boolean;
  /** Hears how many are ahead, the one whose turn it is included, when that changes. */
  readonly onWaiting?: (ahead: number) => void;
}

/** A place in a conversation's queue. */
export interface QueuePlace {
  /** Resolves when its turn has come; never for a place that is left before. */
  readonly turn: Promise<void>;
  /** Leaves the queue, so that the next one has its turn. Never rejects. */
  leave(): Promise<void>;
  /** Leaves the place to whoever takes the entry over. */
  abandon(): void;
}

/**
 * One queue a conversation, across processes: one message at a time, in the order of the entries' ids. The place of a process
 * that died is kept until another has taken its entry over, and free after three leases. One contract suite runs on every
 * implementation.
 */
export interface TurnQueue {
  /**
   * Resolves when the place is taken, or was its own already; those that come later are behind it. Throws a `BotError`
   * (`CONVERSATION_BUSY`) when 32 others wait already.
   */
  enter(conversation: string, options: EnterOptions): Promise<QueuePlace>;
}

/** By which the ids of entries sort: exact for a double, since no millisecond has a thousand entries. */
export function idScore(id: string): number {
  const [ms = 0, seq = 0] = id.split("-").map(Number);
  return ms * 1_000 + seq;
}
