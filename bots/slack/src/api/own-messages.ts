import { LruCache } from "@cria/bot-core";
import type { types } from "@slack/bolt";
import type { CallOptions, PacedClient, SlackAnswer } from "./paced-client.ts";
import { mayHaveArrived, slackError } from "./slack-errors.ts";

/** What the app's messages carry: https://docs.slack.dev/messaging/message-metadata */
const EVENT_TYPE = "cria_message";
/** Tries of one post, each but the first after a look for the one before. */
const MAX_TRIES = 3;
/** Messages looked through. */
const MAX_LOOKED_AT = 200;
const MAX_KNOWN = 10_000;
const KNOWN_MS = 3_600_000;

/** Where one of the app's messages stands, and which one it is. */
export interface OwnMessage {
  readonly channel: string;
  /** Absent for one outside of threads. */
  readonly threadTs?: string;
  /** Names it among the app's messages. */
  readonly id: string;
  /** A message that was there before it, which bounds the search for it. Default: it is among the newest, or the first of its thread. */
  readonly afterTs?: string;
}

export interface Post extends OwnMessage, CallOptions {
  readonly text: string;
  readonly blocks?: readonly types.AnyBlock[];
  /** Whether links in it are shown with previews. Default false. */
  readonly hasPreviews?: boolean;
}

/** How a message may have been written. */
export interface MaybeWritten {
  /** What a stream of it began with, "" where nobody knows; absent where there was none. */
  readonly streamed?: string;
}

interface ListedFile {
  readonly name?: string;
  /** In bytes. */
  readonly size?: number;
}

/** A message as Slack lists it. */
interface ListedMessage {
  readonly ts: string;
  readonly user?: string;
  readonly text?: string;
  readonly blocks?: readonly { readonly type: string }[];
  readonly files?: readonly ListedFile[];
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: { readonly id?: string } };
}

/** The metadata that names a message. */
export function metadataOf(id: string): types.MessageMetadata {
  return { event_type: EVENT_TYPE, event_payload: { id } };
}

/**
 * Posts the app's messages, each once: Slack has no key that would make a second call harmless, so where an answer is lost
 * the message is looked for before it is posted again.
 */
export class OwnMessages {
  readonly #client: PacedClient;
  readonly #botUserId: string;
  /** By timestamp: which one it is. */
  readonly #known = new LruCache<string>(MAX_KNOWN, KNOWN_MS);

  constructor(client: PacedClient, botUserId: string) {
    this.#client = client;
    this.#botUserId = botUserId;
  }

  /** Posts a message; resolves to its timestamp. `looksFirst` where it may be there already. Rejects with the client's error. */
  async post(post: Post, { looksFirst = false } = {}): Promise<string> {
    for (let tries = 1; ; tries++) {
      const there = looksFirst || tries > 1 ? await this.find(post) : undefined;
      if (there !== undefined) return there;
      try {
        const { ts } = await this.#client.call("chat.postMessage", postArguments(post), post);
        return this.note(ts, post.id);
      } catch (error) {
        if (tries === MAX_TRIES || !mayHaveArrived(error)) throw error;
      }
    }
  }

  /** Remembers a message that this process writes; returns its timestamp. */
  note(ts: string | undefined, id: string): string {
    this.#known.set(String(ts), id);
    return String(ts);
  }

  /** Before this process takes a message away itself. */
  forget(ts: string): void {
    this.#known.delete(ts);
  }

  /** Which of the messages that this process wrote lately it is. */
  idOf(ts: string): string | undefined {
    return this.#known.get(ts);
  }

  /**
   * The timestamp of a message that may have been written; undefined where it is not there. Streams carry no name before their
   * end: with `streamed`, the newest one in the thread that begins with that text, and that this process does not know, counts
   * as well.
   */
  async find(message: OwnMessage, { streamed }: MaybeWritten = {}): Promise<string | undefined> {
    const { channel, threadTs, id, afterTs = "0" } = message;
    const args = { channel, oldest: afterTs, limit: MAX_LOOKED_AT, ...(threadTs !== undefined && { ts: threadTs }) };
    const { messages = [] } = (await this.#list(args)) as { messages?: readonly ListedMessage[] };
    const own = messages.filter(({ user, ts }) => user === this.#botUserId && ts > afterTs);
    const named = own.find(({ metadata }) => metadata?.event_type === EVENT_TYPE && metadata.event_payload?.id === id);
    const isStream = (listed: ListedMessage) => this.#isUnknownStream(listed) && beginsAs(listed, streamed ?? "");
    const found = named ?? (streamed === undefined ? undefined : own.findLast(isStream));
    return found && this.note(found.ts, id);
  }

  /** The timestamp of the app's message in a thread that holds that file; undefined where there is none. */
  async findFile({ channel, threadTs, afterTs = "" }: OwnMessage, wanted: ListedFile): Promise<string | undefined> {
    const args = { channel, ts: threadTs, oldest: afterTs, limit: MAX_LOOKED_AT };
    const { messages = [] } = (await this.#list(args)) as { messages?: readonly ListedMessage[] };
    const isWanted = ({ name, size }: ListedFile) => name === wanted.name && size === wanted.size;
    const own = messages.filter(({ user, ts }) => user === this.#botUserId && ts > afterTs);
    return own.find(({ files = [] }) => files.some(isWanted))?.ts;
  }

  /** Without the scope for names, streams are found all the same. */
  async #list(args: Readonly<Record<string, unknown>>): Promise<SlackAnswer> {
    const method = "ts" in args ? "conversations.replies" : "conversations.history";
    try {
      return await this.#client.call(method, { ...args, include_all_metadata: true });
    } catch (error) {
      if (slackError(error) !== "missing_scope") throw error;
      return await this.#client.call(method, args);
    }
  }

  /** What ended stands over its figures or buttons. */
  #isUnknownStream({ ts, metadata, blocks = [] }: ListedMessage): boolean {
    const hasEnded = metadata?.event_type === EVENT_TYPE || blocks.some(({ type }) => type === "context");
    return !hasEnded && this.#known.get(ts) === undefined;
  }
}

/** Whether a message begins with the first words of a text: Slack may show marks and signs in its own way. */
function beginsAs({ text = "" }: ListedMessage, begin: string): boolean {
  const [words = ""] = /^[\p{L}\p{N} ]*/u.exec(begin) ?? [];
  return text === "" || text.startsWith(words.trimEnd());
}

function postArguments({ channel, threadTs, id, text, blocks, hasPreviews = false }: Post) {
  return {
    channel,
    text,
    ...(threadTs !== undefined && { thread_ts: threadTs }),
    ...(blocks && { blocks }),
    metadata: metadataOf(id),
    unfurl_links: hasPreviews,
    unfurl_media: hasPreviews,
  };
}
