import type { PromptSegment } from "@cria/proto";

/** A piece of a prompt before neighbours alike are joined. */
export interface PromptPart {
  readonly text: string;
  /** Whether people or the model wrote it, so that it can hold no control token. */
  readonly isLiteral: boolean;
  /** Index of the round it belongs to and is dropped with; undefined for what always stays. */
  readonly round: number | undefined;
}

/** Text of the format. */
export function fixed(text: string, round?: number): PromptPart {
  return { text, isLiteral: false, round };
}

/** Text that people or the model wrote. */
export function literal(text: string, round?: number): PromptPart {
  return { text, isLiteral: true, round };
}

/** The parts as segments: empty ones left out, neighbours alike joined, each round a group dropped as one. */
export function toSegments(parts: readonly PromptPart[]): PromptSegment[] {
  const joined: PromptPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.text === "") continue;
    if (last && last.isLiteral === part.isLiteral && last.round === part.round)
      joined[joined.length - 1] = { ...last, text: last.text + part.text };
    else joined.push(part);
  }
  return joined.map(toSegment);
}

function toSegment({ text, isLiteral, round }: PromptPart): PromptSegment {
  const segment = { text, literal: isLiteral, droppable: round !== undefined };
  return round === undefined ? segment : { ...segment, dropGroup: round + 1 };
}
