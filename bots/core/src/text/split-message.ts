import { chooseCut } from "./choose-cut.ts";
import { closing, type Fence, fenceAfter } from "./syntax/fences.ts";
import { ROW_START, tableHeadAtEnd } from "./syntax/table-rows.ts";
import { QUOTE_START } from "./syntax/units.ts";

/** Below this, a fence's lines would leave no room for text. */
const MIN_LIMIT = 100;
/** The part of a message that a table's head may take where the table goes on. */
const MAX_HEAD_SHARE = 1 / 4;

/** How long a message may be. */
export interface SplitOptions {
  /** Most of what `measure` counts, 100 or more. */
  readonly limit: number;
  /** The length of a text as the platform counts it; a longer text never measures less. Default: UTF-16 code units. */
  readonly measure?: (text: string) => number;
}

/** One message of a split text: a piece of it, and what keeps cut code code, a cut quote a quote and a cut table a table. */
export interface MessagePiece {
  readonly before: string;
  readonly body: string;
  readonly after: string;
}

/**
 * A long text as messages of at most `limit` each. Cuts at paragraphs, list items, lines, sentences or words, whichever
 * comes first in that order with the message at least half full; never within a character, nor within a link, inline code, a
 * bold, italic or struck run, a quote line or a table's row that a message can hold. Around a cut, a code fence is closed and
 * opened again and a table's head repeated. While a text grows, all messages but the last stay as they are. Blank messages
 * are left out.
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
  const isShort = (head: string) => measure(head) <= limit * MAX_HEAD_SHARE;
  const pieces: MessagePiece[] = [];
  let before = "";
  let rest = text;
  while (rest !== "") {
    const piece = nextPiece(before, rest, (part) => measure(part) <= limit);
    if (piece.body.trim() !== "") pieces.push(piece);
    rest = rest.slice(piece.body.length);
    before = carriedOver(before + piece.body, rest, isShort);
  }
  return pieces;
}

function nextPiece(before: string, rest: string, fits: (part: string) => boolean): MessagePiece {
  const whole = before + rest;
  const pieceTo = (end: number): MessagePiece => {
    const message = whole.slice(0, end);
    return { before, body: message.slice(before.length), after: closing(message, fenceAtEnd(message)) };
  };
  const fitsTo = (end: number) => fits(whole.slice(0, end) + pieceTo(end).after);
  const window = longestFit(whole, fits);
  if (window.length < whole.length) return pieceTo(chooseCut(window, before.length, fitsTo));
  // Without room for it a fence stays open: a text that grows by one more line is cut elsewhere anyway.
  return fitsTo(whole.length) ? pieceTo(whole.length) : { before, body: rest, after: "" };
}

/** The longest beginning that fits, found by doubling and then halving: what is far behind it is never measured. */
function longestFit(text: string, fits: (part: string) => boolean): string {
  let fitting = 0;
  let tooLong = MIN_LIMIT;
  while (tooLong <= text.length && fits(text.slice(0, tooLong))) {
    fitting = tooLong;
    tooLong *= 2;
  }
  tooLong = Math.min(tooLong, text.length + 1);
  while (tooLong - fitting > 1) {
    const middle = (fitting + tooLong) >> 1;
    if (fits(text.slice(0, middle))) fitting = middle;
    else tooLong = middle;
  }
  return text.slice(0, fitting);
}

/** What a message begins with that goes on where the one before it was cut: in code, in a quote line, in a table. */
function carriedOver(message: string, rest: string, isShort: (head: string) => boolean): string {
  const fence = fenceAtEnd(message);
  if (fence) return `${fence.opening}\n`;
  const line = message.slice(message.lastIndexOf("\n") + 1);
  if (line !== "") return QUOTE_START.test(line) ? `${QUOTE_START.exec(line)?.[0].trimEnd()} ` : "";
  const head = ROW_START.test(rest) ? tableHeadAtEnd(message) : "";
  return isShort(head) ? head : "";
}

function fenceAtEnd(text: string): Fence | undefined {
  let fence: Fence | undefined;
  for (const line of text.split("\n")) fence = fenceAfter(line, fence);
  return fence;
}
