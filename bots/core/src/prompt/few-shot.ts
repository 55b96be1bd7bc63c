import type { FewShotFormat } from "@cria/proto";
import { type Conversation, type PromptParts, withContext } from "./conversation.ts";
import { defuse } from "./defuse.ts";
import { fixed, literal } from "./segments.ts";

/**
 * A description, example rounds, then the conversation, each message after its title. The persona follows the description.
 * The space after a title stands with the message, and none ends the prompt: tokens begin with their space.
 */
export function fewShotPrompt(format: FewShotFormat, { system, rounds, message }: Conversation): PromptParts {
  const human = `${format.humanTitle}:`;
  const ai = `${format.aiTitle}:`;
  const said = (text: string) => ` ${defuse(text, [human, ai])}`;
  const examples = format.examples.map((example) => `${human} ${example.human}\n${ai} ${example.ai}\n`);
  const history = rounds.flatMap((round, index) => [
    fixed(human, index),
    literal(said(withContext(round)), index),
    fixed(`\n${ai}`, index),
    literal(said(round.assistant), index),
    fixed("\n", index),
  ]);
  const persona = system ? [literal(defuse(system, [human, ai])), fixed("\n\n")] : [];
  const opening = [fixed(`${format.instruction}\n\n`), ...persona, fixed(examples.join(""))];
  const question = [fixed(human), literal(said(withContext(message))), fixed(`\n${ai}`)];
  return { parts: [...opening, ...history, ...question], stop: [`\n${human}`] };
}
