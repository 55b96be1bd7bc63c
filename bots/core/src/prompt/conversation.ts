import type { PromptPart } from "./segments.ts";

/** What a person said, with the text it is about. */
export interface UserMessage {
  readonly user: string;
  readonly context?: string | undefined;
}

/** What every prompt format writes down. */
export interface Conversation {
  /** Persona; "" for none. */
  readonly system: string;
  /** Oldest first. */
  readonly rounds: readonly (UserMessage & { readonly assistant: string })[];
  readonly message: UserMessage;
  /** Alpaca: history and message in one instruction. */
  readonly isMerged: boolean;
}

/** What a prompt format makes of a conversation. */
export interface PromptParts {
  readonly parts: readonly PromptPart[];
  readonly stop: string[];
}

/** For formats without a section for it, the text a message is about follows the message. */
export function withContext({ user, context }: UserMessage): string {
  return context ? `${user}\n\n${context}` : user;
}
