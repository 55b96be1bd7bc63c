import type { SlackMessage } from "../incoming/message-event.ts";

/** Messages of a thread, oldest first. */
export interface ThreadPage {
  readonly messages: readonly SlackMessage[];
  /** Whether there are more after them. */
  readonly hasMore: boolean;
}

/** Messages that Slack lists at once. */
export const MAX_PAGE_SIZE = 999;
/** Further calls for the end of a long thread. */
const MAX_CALLS = 3;
/** Messages that one call is to bring, by how often people write: between too few and more than a page. */
const WANTED = 200;
const ENOUGH = 30;

/**
 * The newest messages of a thread before a time, of which the first page is known: Slack lists a thread from its beginning, and
 * tells only whether there are more. As far as a few calls of `readSince` find them.
 */
export async function endOfThread(
  first: ThreadPage,
  beforeTs: string,
  readSince: (ts: string) => Promise<ThreadPage | undefined>,
): Promise<readonly SlackMessage[]> {
  const search = new EndSearch(first, beforeTs);
  for (let calls = 0; !search.isOver && calls < MAX_CALLS; calls++) {
    const page = await readSince(search.nextSince);
    if (!page) break;
    search.note(page);
  }
  return search.newest;
}

/** What is known of where a thread's end is: after some older messages, and longer ago than a time in which too few were written. */
class EndSearch {
  readonly #beforeTs: string;
  isOver: boolean;
  #older: readonly SlackMessage[];
  /** Most that may come after those. */
  #left: number;
  /** The longest time before the end, in seconds, in which too few were written; 0 while there is none. */
  #quietSpan = 0;
  #found: readonly SlackMessage[] = [];

  constructor({ messages, hasMore }: ThreadPage, beforeTs: string) {
    this.#beforeTs = beforeTs;
    this.isOver = !hasMore;
    this.#older = messages;
    this.#left = (messages[0]?.reply_count ?? Number.MAX_SAFE_INTEGER) - messages.length + 1;
  }

  get newest(): readonly SlackMessage[] {
    return this.#found.length > 0 ? this.#found : this.#older;
  }

  /** Since when messages are to be listed next. */
  get nextSince(): string {
    return this.#isRest ? this.#olderTs : (Number(this.#beforeTs) - this.#nextSpan).toFixed(6);
  }

  note({ messages, hasMore }: ThreadPage): void {
    if (hasMore) {
      this.#older = messages;
      this.#left -= messages.length;
      return;
    }
    this.isOver = this.#isRest || messages.length >= ENOUGH;
    this.#found = this.#isRest ? [...this.#older, ...messages] : messages;
    this.#quietSpan = this.#nextSpan;
  }

  /** Whether one call brings all that comes after the older ones. */
  get #isRest(): boolean {
    return this.#left <= MAX_PAGE_SIZE;
  }

  get #nextSpan(): number {
    const span = Number(this.#beforeTs) - Number(this.#olderTs);
    return this.#quietSpan > 0 ? Math.sqrt(this.#quietSpan * span) : (span * WANTED) / this.#left;
  }

  get #olderTs(): string {
    return this.#older.at(-1)?.ts ?? "0";
  }
}
