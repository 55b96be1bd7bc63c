/** A command as all platforms know it. docs/commands.md explains each to users. */
export type Command =
  /** Without a name: which models there are. */
  | { readonly type: "model"; readonly name?: string }
  /** Forgets the conversation's rounds. */
  | { readonly type: "reset" }
  /** Without text: which persona is set. "default" takes it back. */
  | { readonly type: "system"; readonly text?: string }
  /** Without values: how the conversation is remembered. */
  | { readonly type: "context"; readonly mode?: ContextMode; readonly window?: number }
  | { readonly type: "status" }
  | { readonly type: "help" };

/** How rounds stand in an Alpaca prompt: not at all, as blocks of their own, or in one instruction. */
export type ContextMode = "off" | "turns" | "merged";
