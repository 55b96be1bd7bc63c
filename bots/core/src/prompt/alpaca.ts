import type { AlpacaFormat } from "@cria/proto";
import { type Conversation, type PromptParts, type UserMessage, withContext } from "./conversation.ts";
import { defuse } from "./defuse.ts";
import { fixed, literal, type PromptPart } from "./segments.ts";

/** Source of the wording: https://github.com/tatsu-lab/stanford_alpaca (train.py, PROMPT_DICT). */
const HEADER =
  "Below is an instruction that describes a task. " + "Write a response that appropriately completes the request.\n\n";
const HEADER_WITH_INPUT =
  "Below is an instruction that describes a task, paired with an input that provides further context. " +
  "Write a response that appropriately completes the request.\n\n";
const INSTRUCTION = "### Instruction:\n";
const INPUT = "\n\n### Input:\n";
const RESPONSE = "\n\n### Response:";
const SECTIONS = ["### Instruction:", "### Input:", "### Response:"];
const TITLES = ["Human:", "AI:"];

/**
 * Stanford Alpaca's sections. The persona opens the first instruction. Rounds are blocks of their own after one header, or
 * titled lines of one instruction when merged.
 */
export function alpacaPrompt({ responseSuffix }: AlpacaFormat, conversation: Conversation): PromptParts {
  const body = conversation.isMerged ? mergedParts : blockParts;
  return {
    parts: [...openingParts(conversation), ...body(conversation, RESPONSE + responseSuffix)],
    stop: SECTIONS.map((section) => `\n${section}`),
  };
}

function openingParts({ system, rounds, message, isMerged }: Conversation): readonly PromptPart[] {
  const hasInput = message.context || (!isMerged && rounds.some(({ context }) => context));
  const opening = fixed((hasInput ? HEADER_WITH_INPUT : HEADER) + INSTRUCTION);
  return system ? [opening, literal(defuse(system, SECTIONS)), fixed("\n\n")] : [opening];
}

/** A round goes from its instruction's text to the next marker, so that the first marker and the persona outlive it. */
function blockParts({ rounds, message }: Conversation, response: string): readonly PromptPart[] {
  const history = rounds.flatMap((round, index) => [
    ...messageParts(round, index),
    fixed(response, index),
    literal(defuse(round.assistant, SECTIONS), index),
    fixed(`\n\n${INSTRUCTION}`, index),
  ]);
  return [...history, ...messageParts(message), fixed(response)];
}

function messageParts({ user, context }: UserMessage, round?: number): readonly PromptPart[] {
  const instruction = literal(defuse(user, SECTIONS), round);
  return context ? [instruction, fixed(INPUT, round), literal(defuse(context, SECTIONS), round)] : [instruction];
}

function mergedParts({ rounds, message }: Conversation, response: string): readonly PromptPart[] {
  if (rounds.length === 0) return [...messageParts(message), fixed(response)];
  const markers = [...SECTIONS, ...TITLES];
  const history = rounds.flatMap((round, index) => [
    fixed("Human:", index),
    literal(` ${defuse(withContext(round), markers)}`, index),
    fixed("\nAI:", index),
    literal(` ${defuse(round.assistant, markers)}`, index),
    fixed("\n", index),
  ]);
  const { user, context } = message;
  const last = messageParts({ user: ` ${defuse(user, TITLES)}`, context });
  return [...history, fixed("Human:"), ...last, fixed(response)];
}
