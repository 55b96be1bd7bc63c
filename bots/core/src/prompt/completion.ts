import type { Conversation, PromptParts } from "./conversation.ts";
import { literal } from "./segments.ts";

/** The text as it is, for the model to go on with; persona and quoted text before it. Rounds have no place here. */
export function completionPrompt({ system, message }: Conversation): PromptParts {
  const texts = [system, message.context, message.user].filter((text) => text);
  return { parts: [literal(texts.join("\n\n"))], stop: [] };
}
