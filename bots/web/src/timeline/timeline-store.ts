import type { KeptMessage } from "./kept-message.ts";

/** Messages kept per channel; older ones go. */
export const TIMELINE_CAPACITY = 300;

/**
 * The page's own record of what was written, as Slack keeps one: what people see, not what the model remembers.
 * One contract suite runs on every implementation.
 */
export interface TimelineStore {
  /** Whether what it keeps is still there after this process. */
  readonly outlivesProcess: boolean;
  /** The newest `TIMELINE_CAPACITY` messages, oldest first. */
  messages(channelId: string): Promise<readonly KeptMessage[]>;
  /** Adds a message, or replaces the one of the same id in its place. Atomic. */
  put(channelId: string, message: KeptMessage): Promise<void>;
  /** Forgets one message. Atomic. */
  remove(channelId: string, messageId: string): Promise<void>;
  /** Forgets a channel's messages. */
  forget(channelId: string): Promise<void>;
  /** When the newest message of each channel was written; those without any are left out. */
  newest(channelIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /** Channels that people added, in order of their adding. */
  channels(): Promise<readonly string[]>;
  /** Adding a channel that is there does nothing. */
  addChannel(name: string): Promise<void>;
}
