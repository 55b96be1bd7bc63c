import { type Fence, fenceAfter } from "./syntax/fences.ts";
import { BLOCK_START, unitsIn } from "./syntax/units.ts";

/** The start of a line, where one may cut. */
interface LineStart {
  readonly at: number;
  readonly isInFence: boolean;
  readonly isAfterBlank: boolean;
  /** Whether the line begins a list item, a heading, a quote or a fence. */
  readonly startsBlock: boolean;
}

const SENTENCE_END = /[.!?…]["'”’)\]*_]*\s+|[。！？]/g;
const SPACE = /\s+/g;

/**
 * Where to cut a message that goes on after the window, beyond `from`. `fits` tells whether a cut there leaves room for the
 * line that closes a fence. Depends on the window alone, so it stays where it is when the text grows.
 */
export function chooseCut(window: string, from: number, fits: (end: number) => boolean): number {
  const isInUnit = unitsIn(window);
  const mayCut = (at: number) => at > from && fits(at);
  return (
    lastPlace(window, from, (at) => !isInUnit(at) && mayCut(at)) ??
    lastPlace(window, from, mayCut) ??
    cutCharacter(window, from, fits)
  );
}

/** The last of the best places, the worse looked for only where better ones are none. */
function lastPlace(window: string, from: number, mayCut: (at: number) => boolean): number | undefined {
  const isGood = (at: number) => at > (from + window.length) / 2 && mayCut(at);
  for (const places of [...linePlaces(window), endsOf(SENTENCE_END, window)]) {
    const place = places.findLast(isGood);
    if (place !== undefined) return place;
  }
  return endsOf(SPACE, window).findLast(mayCut) ?? lastCharacterStart(window, mayCut);
}

/** Starts of lines, those between paragraphs first and those within code last. */
function linePlaces(window: string): readonly (readonly number[])[] {
  const starts = lineStarts(window);
  const outside = starts.filter(({ isInFence }) => !isInFence);
  const inOrder = [
    outside.filter(({ isAfterBlank }) => isAfterBlank),
    outside.filter(({ startsBlock }) => startsBlock),
    outside,
    starts.filter(({ isAfterBlank }) => isAfterBlank),
    starts,
  ];
  return inOrder.map((lines) => lines.map(({ at }) => at));
}

function lineStarts(window: string): readonly LineStart[] {
  const starts: LineStart[] = [];
  let fence: Fence | undefined;
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

function endsOf(pattern: RegExp, window: string): readonly number[] {
  return [...window.matchAll(pattern)].map((match) => match.index + match[0].length);
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Between characters as people see them. The last one may go on after the window, so one may cut before it. */
function lastCharacterStart(window: string, mayCut: (at: number) => boolean): number | undefined {
  const characters = graphemes.segment(window);
  for (let at = window.length - 1; at > 0; at--) if (mayCut(at) && characters.containing(at)?.index === at) return at;
  return undefined;
}

/** Within a character that is longer than a message, but never in a surrogate pair. */
function cutCharacter(window: string, from: number, fits: (end: number) => boolean): number {
  let end = window.length;
  while (end > from + 1 && (isHighSurrogate(window.charCodeAt(end - 1)) || !fits(end))) end--;
  return end;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
