import type { ContextMode } from "./command.ts";

/** What someone set for a conversation; what is absent comes from the model or the defaults. */
export interface ConversationSettings {
  readonly model?: string;
  readonly system?: string;
  readonly contextMode?: ContextMode;
  /** Rounds kept, k; the window holds k to 2k - 1. */
  readonly window?: number;
  /** Whether messages of a channel are answered that do not name the bot. Default false. */
  readonly answersAll?: boolean;
  /** Whether each mention in a channel is answered in a thread of its own, where a platform leaves the choice. Default false. */
  readonly opensThreads?: boolean;
  /** Whether the model is shown who said what in channels and threads. Default true. */
  readonly showsNames?: boolean;
  /** Whether links in replies get preview cards. Default false. */
  readonly showsPreviews?: boolean;
  /** Whether the workspace collects feedback; means something among the workspace's settings only. */
  readonly feedback?: boolean;
}
