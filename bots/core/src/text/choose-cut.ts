import { type Fence, fenceAfter } from "./fences.ts";

/** The start of a line within the window, where one may cut. */
interface LineStart {
  readonly at: number;
  readonly isInFence: boolean;
  readonly isAfterBlank: boolean;
  /** Whether the line begins a list item, a heading, a quote or a fence. */
  readonly startsBlock: boolean;
}

const BLOCK_START = /^[ \t]*([-*+] |\d{1,9}[.)] |#{1,6} |> |```|~~~)/;
const SENTENCE_END = /[.!?…]["'”’)\]*_]*\s+|[。！？]/g;
const SPACE = /\s+/g;

/**
 * Where to cut a text that goes on after the window. `fits` tells whether a cut there leaves room for the line that
 * closes a fence. Depends on the window alone, so it stays where it is when the text grows.
 */
export function chooseCut(window: string, fence: Fence | undefined, fits: (end: number) => boolean): number {
  const starts = lineStarts(window, fence);
  const outside = starts.filter(({ isInFence }) => !isInFence);
  const inOrder = [
    outside.filter(({ isAfterBlank }) => isAfterBlank),
    outside.filter(({ startsBlock }) => startsBlock),
    outside,
    starts.filter(({ isAfterBlank }) => isAfterBlank),
    starts,
    endsOf(SENTENCE_END, window),
  ];
  for (const places of inOrder) {
    const place = places.findLast(({ at }) => at > window.length / 2 && fits(at));
    if (place) return place.at;
  }
  return endsOf(SPACE, window).findLast(({ at }) => fits(at))?.at ?? cutCharacters(window, fits);
}

function lineStarts(window: string, open: Fence | undefined): readonly LineStart[] {
  const starts: LineStart[] = [];
  let fence = open;
  let at = 0;
  let isAfterBlank = false;
  for (const line of window.split("\n")) {
    if (at > 0) starts.push({ at, isInFence: fence !== undefined, isAfterBlank, startsBlock: BLOCK_START.test(line) });
    fence = fenceAfter(line, fence);
    isAfterBlank = line.trim() === "";
    at += line.length + 1;
  }
  return starts;
}

function endsOf(pattern: RegExp, window: string): readonly { readonly at: number }[] {
  return [...window.matchAll(pattern)].map((match) => ({ at: match.index + match[0].length }));
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Between characters as people see them; within one only where it is longer than a message, and never in a surrogate pair. */
function cutCharacters(window: string, fits: (end: number) => boolean): number {
  const ends = [...graphemes.segment(window)].map(({ index }) => index);
  // The last may go on after the window, so the cut is before it.
  const end = ends.findLast((index) => index > 0 && fits(index));
  if (end !== undefined) return end;
  let length = window.length;
  while (length > 1 && (isHighSurrogate(window.charCodeAt(length - 1)) || !fits(length))) length--;
  return length;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
