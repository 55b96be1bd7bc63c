import { chooseCut } from "./choose-cut.ts";
import { closing, type Fence, fenceAfter } from "./fences.ts";

/** Below this, a fence's lines would leave no room for text. */
const MIN_LIMIT = 100;

/** How long a message may be. */
export interface SplitOptions {
  /** Most of what `measure` counts, 100 or more. */
  readonly limit: number;
  /** The length of a text as the platform counts it; a longer text never measures less. Default: UTF-16 code units. */
  readonly measure?: (text: string) => number;
}

/** One message of a split text: a piece of it, and the fence lines that keep its code code. */
export interface MessagePiece {
  readonly before: string;
  readonly body: string;
  readonly after: string;
}

/**
 * A long text as messages of at most `limit` each. Cuts at paragraphs, list items, lines, sentences or words, whichever
 * comes first in that order with the message at least half full; never within a character. A code fence is closed and
 * opened again around a cut. While a text grows, all messages but the last stay as they are. Blank messages are left out.
 * @throws RangeError when the limit is below 100
 */
export function splitMessage(text: string, options: SplitOptions): readonly string[] {
  return splitPieces(text, options).map(({ before, body, after }) => before + body + after);
}

/** As `splitMessage`; the bodies joined are the text, blank messages excepted. */
export function splitPieces(
  text: string,
  { limit, measure = (part) => part.length }: SplitOptions,
): readonly MessagePiece[] {
  if (limit < MIN_LIMIT) throw new RangeError(`the limit of a message is ${limit}; it must be ${MIN_LIMIT} or more`);
  const pieces: MessagePiece[] = [];
  let rest = text;
  let fence: Fence | undefined;
  while (rest !== "") {
    const piece = nextPiece(rest, fence, (part) => measure(part) <= limit);
    if (piece.body.trim() !== "") pieces.push(piece);
    fence = fenceAtEnd(piece.body, fence);
    rest = rest.slice(piece.body.length);
  }
  return pieces;
}

function nextPiece(rest: string, fence: Fence | undefined, fits: (part: string) => boolean): MessagePiece {
  const before = fence ? `${fence.opening}\n` : "";
  const pieceTo = (end: number): MessagePiece => {
    const body = rest.slice(0, end);
    return { before, body, after: closing(body, fenceAtEnd(body, fence)) };
  };
  const fitsTo = (end: number) => {
    const { body, after } = pieceTo(end);
    return fits(before + body + after);
  };
  const window = rest.slice(
    0,
    longestFit(rest, (part) => fits(before + part)),
  );
  if (window.length < rest.length) return pieceTo(chooseCut(window, fence, fitsTo));
  // Without room for it a fence stays open: a text that grows by one more line is cut elsewhere anyway.
  return fitsTo(rest.length) ? pieceTo(rest.length) : { before, body: rest, after: "" };
}

/** The most UTF-16 code units from the start that fit, found by halving. */
function longestFit(text: string, fits: (part: string) => boolean): number {
  let fitting = 0;
  let tooMany = text.length + 1;
  while (tooMany - fitting > 1) {
    const middle = (fitting + tooMany) >> 1;
    if (fits(text.slice(0, middle))) fitting = middle;
    else tooMany = middle;
  }
  return fitting;
}

function fenceAtEnd(text: string, open: Fence | undefined): Fence | undefined {
  let fence = open;
  for (const line of text.split("\n")) fence = fenceAfter(line, fence);
  return fence;
}
