/** What happened to a reply, or to its question, that the process which writes it must hear of. */
export type ReplySignal =
  /** Without an id: every reply of the conversation. */
  | { readonly type: "stop"; readonly conversation: string; readonly replyId?: string }
  | { readonly type: "deletion"; readonly conversation: string; readonly messageId: string }
  | { readonly type: "edit"; readonly conversation: string; readonly messageId: string; readonly text: string };
