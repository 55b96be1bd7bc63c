/** What happened to a reply, or to its question, that the process which writes it must hear of. */
export type ReplySignal =
  /** Without an id: every reply of the conversation, those of its threads too where that is said. */
  | { readonly type: "stop"; readonly conversation: string; readonly replyId?: string; readonly inThreads?: boolean }
  | { readonly type: "deletion"; readonly conversation: string; readonly ids: readonly string[] }
  | { readonly type: "edit"; readonly conversation: string; readonly messageId: string; readonly text: string };

/** How processes tell one another. One contract suite runs on every implementation. */
export interface Signals {
  /** Tells every process once, this one at once. Rejects where the others cannot be told. */
  publish(signal: ReplySignal): Promise<void>;
  /** Calls back with each signal from now on, until the store is closed. */
  subscribe(listener: (signal: ReplySignal) => void): void;
}
