import { markdown } from "./renderer.ts";

/** What changed in a growing text. */
export interface BlockUpdate {
  /** Blocks that further text cannot change, in order; each is given once. */
  readonly settled: readonly string[];
  /** The rest: the block that is still being written. */
  readonly tail: string;
}

/** A line that may name the address of links in other blocks. */
const LINK_DEFINITION = /^[ \t>*+\d.)-]*\[[^\]\n]+\]:/m;

/** Whether the blocks of a text may need one another, so that only the whole text shows it right. */
export function mustBeWhole(text: string): boolean {
  return LINK_DEFINITION.test(text);
}

/**
 * Cuts a growing Markdown text into blocks that are settled and a tail that is not, so that a reply's cost per token
 * does not grow with its length. Only whole lines settle anything: half a line may yet become a list item.
 */
export class BlockStream {
  #settledLength = 0;

  /** The part of a text whose blocks were given out. */
  settledPart(text: string): string {
    return text.slice(0, this.#settledLength);
  }

  /** `text` is the whole text so far; its settled part must stay as it is. */
  update(text: string): BlockUpdate {
    const tail = text.slice(this.#settledLength);
    const starts = blockStarts(tail.slice(0, tail.lastIndexOf("\n") + 1));
    const last = starts.at(-1) ?? 0;
    this.#settledLength += last;
    const settled = starts.slice(0, -1).map((start, index) => tail.slice(start, starts[index + 1]));
    return { settled, tail: tail.slice(last) };
  }
}

/** Offsets at which the top-level blocks of a text begin. */
function blockStarts(source: string): readonly number[] {
  const tokens: ReturnType<typeof markdown.parse> = [];
  markdown.block.parse(source, markdown, {}, tokens);
  const lines = tokens.filter((token) => token.level === 0 && token.nesting >= 0 && token.map !== null);
  const offsets = lineOffsets(source);
  return lines.map((token) => offsets[token.map![0]]!);
}

function lineOffsets(source: string): readonly number[] {
  const offsets = [0];
  for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) offsets.push(at + 1);
  return offsets;
}
