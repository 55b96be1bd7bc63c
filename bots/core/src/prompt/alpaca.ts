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

/**
 * Stanford Alpaca's sections. The persona opens the first instruction. Rounds are blocks of their own after one header; merged,
 * question, answer, question, … and the message are one instruction.
 */
export function alpacaPrompt({ responseSuffix }: AlpacaFormat, conversation: Conversation): PromptParts {
  const body = conversation.isMerged ? mergedParts : blockParts;
  return {
    parts: [...openingParts(conversation), ...body(conversation, RESPONSE + responseSuffix)],
    stop: SECTIONS.map((section) => `\n${section}`),
  };
}

/** The header is that of the message alone: what is remembered changes nothing at the prompt's beginning. */
function openingParts({ system, message }: Conversation): readonly PromptPart[] {
  const opening = fixed((message.context ? HEADER_WITH_INPUT : HEADER) + INSTRUCTION);
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
  const history = rounds.flatMap((round, index) =>
    [withContext(round), round.assistant.trim()].flatMap((text) => [
      literal(defuse(text, SECTIONS), index),
      fixed("\n\n", index),
    ]),
  );
  return [...history, ...messageParts(message), fixed(response)];
}
