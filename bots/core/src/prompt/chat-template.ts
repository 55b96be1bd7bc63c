import { type Conversation, type PromptParts, withContext } from "./conversation.ts";
import { defuser } from "./defuse.ts";
import { fixed, literal, type PromptPart } from "./segments.ts";
import { type ChatTemplate, parseTemplate, SLOT, slot } from "./slot-template.ts";

/**
 * The model's own template. It is rendered over slots instead of contents, and the contents put in afterwards as literal
 * text: a template's markers stay control tokens, and nobody's text can become one or a role, whatever a template makes of
 * texts. What is like the template's markers is defused too, since some templates mark roles by plain words.
 */
export function chatTemplatePrompt(model: ChatTemplate, conversation: Conversation): PromptParts {
  const { render, markers } = parseTemplate(model);
  const defuse = defuser(markers);
  const hasSystem = conversation.system !== "";
  const parts = roundParts((from, to) => render(from, to, hasSystem), conversation.rounds.length);
  const contents = new Map([
    ["s", conversation.system],
    ["m", withContext(conversation.message)],
    ...conversation.rounds.flatMap((round, index) => [
      [`u${index}`, withContext(round)] as const,
      [`a${index}`, round.assistant] as const,
    ]),
  ]);
  const fill = (part: PromptPart) =>
    part.isLiteral ? literal(defuse(contents.get(part.text)!.trim()), part.round) : part;
  return { parts: parts.map(fill), stop: [] };
}

/** Renders rounds `from` to `to` and the message, contents as slots. */
type Render = (from: number, to: number) => string;

/**
 * The rendering as parts. A round reaches from its user's text to the next text, so what stands before the first round
 * stays when rounds go. Where a template's rendering of fewer rounds is not what dropping leaves, nothing is droppable.
 */
function roundParts(render: Render, numRounds: number): readonly PromptPart[] {
  const parts = splitSlots(render(0, numRounds));
  if (numRounds === 0) return parts;
  const isExact = [numRounds - 1, numRounds].every((dropped) => {
    const rest = parts.filter(({ round }) => round === undefined || round >= dropped);
    return joinSlots(rest) === render(dropped, numRounds);
  });
  return isExact ? parts : parts.map((part) => ({ ...part, round: undefined }));
}

function splitSlots(text: string): readonly PromptPart[] {
  let round: number | undefined;
  return text.split(SLOT).map((piece, index) => {
    if (index % 2 === 0) return fixed(piece, round);
    round = /^[ua]/.test(piece) ? Number(piece.slice(1)) : undefined;
    return literal(piece, round);
  });
}

function joinSlots(parts: readonly PromptPart[]): string {
  return parts.map(({ text, isLiteral }) => (isLiteral ? slot(text) : text)).join("");
}
