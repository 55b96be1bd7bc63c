import { InferenceError } from "../errors.ts";
import { EncodingTurns } from "./encoding-turns.ts";
import { leapLength, numDropped } from "./leaps.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** A part of a prompt; what the flags mean is told in the contract. */
export interface PromptSegment {
  readonly text: string;
  readonly droppable: boolean;
  readonly literal: boolean;
  readonly dropGroup?: number | undefined;
}

/** UTF-8 bytes of all the text. */
export function textBytes(segments: readonly Pick<PromptSegment, "text">[]): number {
  return segments.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}

/** A prompt in tokens. */
export interface EncodedPrompt {
  readonly tokenIds: readonly number[];
  /** Droppable segments that were left out. */
  readonly droppedSegments: number;
}

/** The context a prompt shares with its reply, in tokens. */
export interface ContextWindow {
  readonly maxModelLen: number;
  /** Most tokens of the reply. */
  readonly maxTokens: number;
}

/**
 * Part of the context that is kept free for a reply that asks for more: a reply of at most half a page has its room, and
 * a caller that asks for the whole context as max_tokens still has three quarters of it for the conversation.
 */
const REPLY_SHARE = 1 / 4;

/**
 * Characters encoded before others have their turn of the event loop. Of one letter over and over, the slowest there is,
 * that takes 15 ms; in one go, 32,000 characters took 285.
 */
const TURN_CHARACTERS = 2_048;

/** Of the whole process, as the event loop is. */
const TURNS = new EncodingTurns(TURN_CHARACTERS);

/**
 * The tokens of the segments joined, without the oldest droppable ones if all would leave no room for the reply. Each
 * segment is encoded at most once, so tokens never span two and dropping is linear.
 * @throws InferenceError PROMPT_TOO_LONG when what cannot be dropped does not fit, or nothing does; the signal's reason when it
 * aborts
 */
export async function encodePrompt(
  tokenizer: Tokenizer,
  segments: readonly PromptSegment[],
  window: ContextWindow,
  signal?: AbortSignal,
): Promise<EncodedPrompt> {
  const room = Math.min(window.maxTokens, Math.floor(window.maxModelLen * REPLY_SHARE));
  refuseHopeless(tokenizer, segments, room, window);
  const encode = createEncoder(tokenizer, signal);
  const encoded: (readonly number[] | undefined)[] = [];
  for (const segment of segments) encoded.push(segment.droppable ? undefined : await encode(segment));
  const required = count(encoded) + bosLength(tokenizer, encoded);
  if (required > window.maxModelLen - room) throw promptTooLong(required, room, window);

  const capacity = window.maxModelLen - room;
  const budget = capacity - required;
  const leap = leapLength(capacity, budget);
  const droppedSegments = await fillInLeaps({ tokenizer, encode, segments, encoded, budget, leap });
  const tokenIds = encoded.flatMap((ids) => ids ?? []);
  if (tokenIds.length === 0) throw await nothingFits({ tokenizer, encode, segments, room, window });
  return { tokenIds: withBos(tokenizer, tokenIds), droppedSegments };
}

/** Encoding takes seconds and hundreds of megabytes for a text of millions of characters, so it is not tried in vain. */
function refuseHopeless(
  tokenizer: Tokenizer,
  segments: readonly PromptSegment[],
  room: number,
  window: ContextWindow,
): void {
  const required = segments.filter(({ droppable }) => !droppable);
  const least = sumOfMinTokens(tokenizer, required);
  if (least > window.maxModelLen - room) throw promptTooLong(least, room, window, "at least ");
}

function sumOfMinTokens(tokenizer: Tokenizer, segments: readonly PromptSegment[]): number {
  return segments.reduce((sum, { text }) => sum + tokenizer.minTokens(text), 0);
}

/** Tokens of each segment, and of the prompt they make. @throws the signal's reason when it aborts */
export async function countTokens(tokenizer: Tokenizer, segments: readonly PromptSegment[], signal?: AbortSignal) {
  const encode = createEncoder(tokenizer, signal);
  const encoded: (readonly number[])[] = [];
  for (const segment of segments) encoded.push(await encode(segment));
  return {
    segmentTokens: encoded.map((ids) => ids.length),
    totalTokens: count(encoded) + bosLength(tokenizer, encoded),
  };
}

interface FillOptions {
  readonly tokenizer: Tokenizer;
  readonly encode: Encode;
  readonly segments: readonly PromptSegment[];
  /** Gets what fits. */
  readonly encoded: (readonly number[] | undefined)[];
  /** Tokens there is room for. */
  readonly budget: number;
  /** Tokens of one leap. */
  readonly leap: number;
}

/**
 * Encodes the droppable segments that stay and tells how many are left out. What cannot fit by its length alone leaves
 * before anything is encoded, so that a history of megabytes costs no more than one that fits.
 */
async function fillInLeaps({ tokenizer, encode, segments, encoded, budget, leap }: FillOptions): Promise<number> {
  const units = dropUnits(segments);
  const leastSizes = units.map((unit) =>
    sumOfMinTokens(
      tokenizer,
      unit.map((index) => segments[index]!),
    ),
  );
  const tried = units.slice(numDropped({ sizes: leastSizes, room: budget, leap }));
  const sizes: number[] = [];
  for (const unit of tried) {
    for (const index of unit) encoded[index] = await encode(segments[index]!);
    sizes.push(count(unit.map((index) => encoded[index])));
  }
  const dropped = tried.slice(0, numDropped({ sizes, room: budget, leap }));
  for (const index of dropped.flat()) encoded[index] = undefined;
  return encoded.filter((ids) => ids === undefined).length;
}

/** Indices of the droppable segments that leave together, in the order they leave. */
function dropUnits(segments: readonly PromptSegment[]): number[][] {
  const units = new Map<string, number[]>();
  segments.forEach(({ droppable, dropGroup }, index) => {
    if (!droppable) return;
    const key = dropGroup === undefined ? `segment ${index}` : `group ${dropGroup}`;
    const unit = units.get(key);
    if (unit) unit.push(index);
    else units.set(key, [index]);
  });
  return [...units.values()];
}

type Encode = (segment: PromptSegment) => Promise<readonly number[]>;

/** Encodes segments one after another, with pauses in which the tokens of others get through. */
function createEncoder(tokenizer: Tokenizer, signal: AbortSignal | undefined): Encode {
  return async (segment) => {
    const encoded: number[][] = [];
    for (const part of partsOf(tokenizer, segment)) {
      encoded.push(typeof part === "number" ? [part] : await encodePiece(tokenizer, part, signal));
    }
    return encoded.flat();
  };
}

async function encodePiece(tokenizer: Tokenizer, piece: string, signal: AbortSignal | undefined): Promise<number[]> {
  const turn = TURNS.take(piece.length);
  if (turn) await turn;
  signal?.throwIfAborted();
  return tokenizer.encode(piece, { literal: true });
}

/** A segment's control tokens, where it may have any, and its text in pieces, cut as they are encoded. */
function* partsOf(tokenizer: Tokenizer, { text, literal }: PromptSegment): Generator<string | number> {
  for (const part of literal ? [text] : tokenizer.split(text)) {
    if (typeof part === "number") yield part;
    else yield* piecesOf(part);
  }
}

/** A text in pieces no longer than a turn, cut before a space where there is one: tokenizers cut there as well. */
function* piecesOf(text: string): Generator<string> {
  let start = 0;
  while (text.length - start > TURN_CHARACTERS) {
    const end = cutOf(text, start);
    yield text.slice(start, end);
    start = end;
  }
  if (start < text.length) yield text.slice(start);
}

/** Looks at this piece only: what stands before it may be millions of spaces, or of characters without one. */
function cutOf(text: string, start: number): number {
  const limit = start + TURN_CHARACTERS;
  let space = start + text.slice(start, limit + 1).lastIndexOf(" ");
  while (space > start && text[space - 1] === " ") space--;
  if (space > start) return space;
  const isWithinCharacter = /[\uDC00-\uDFFF]/.test(text[limit]!);
  return isWithinCharacter ? limit - 1 : limit;
}

/** 1 if a beginning-of-sequence token has to be added. A first segment not encoded yet is taken to lack it. */
function bosLength(tokenizer: Tokenizer, encoded: readonly (readonly number[] | undefined)[]): 0 | 1 {
  if (tokenizer.bosTokenId === undefined) return 0;
  const first = encoded.find((ids) => ids === undefined || ids.length > 0);
  return first?.[0] === tokenizer.bosTokenId ? 0 : 1;
}

function withBos({ bosTokenId }: Tokenizer, tokenIds: readonly number[]): readonly number[] {
  return bosTokenId === undefined || tokenIds[0] === bosTokenId ? tokenIds : [bosTokenId, ...tokenIds];
}

function count(encoded: readonly (readonly number[] | undefined)[]): number {
  return encoded.reduce((sum, ids) => sum + (ids?.length ?? 0), 0);
}

function promptTooLong(promptTokens: number, room: number, window: ContextWindow, about = ""): InferenceError {
  return tooLong(`has ${about}${promptTokens} tokens that cannot be dropped`, promptTokens, room, window);
}

interface NothingFits extends Pick<FillOptions, "tokenizer" | "encode" | "segments"> {
  readonly room: number;
  readonly window: ContextWindow;
}

/** All of it may be dropped, and the newest of it alone is too long. It is encoded only if it is not far too long. */
async function nothingFits({ tokenizer, encode, segments, room, window }: NothingFits): Promise<InferenceError> {
  const newest = segments.at(-1)!;
  const least = tokenizer.minTokens(newest.text);
  const isFarTooLong = least > window.maxModelLen;
  const promptTokens = isFarTooLong ? least : (await encode(newest)).length;
  const about = isFarTooLong ? "at least " : "";
  return tooLong(`has ${about}${promptTokens} tokens in its newest segment alone`, promptTokens, room, window);
}

function tooLong(fault: string, promptTokens: number, room: number, { maxModelLen }: ContextWindow): InferenceError {
  const canReplyGive = room > 1 && promptTokens < maxModelLen;
  const description =
    `${fault} and its reply needs room for ${room}; ` +
    `the context holds ${maxModelLen}: shorten the prompt${canReplyGive ? " or lower stopping.max_tokens" : ""}`;
  return new InferenceError("PROMPT_TOO_LONG", `prompt ${description}`, {
    fieldViolations: [{ field: "prompt", description }],
    metadata: { promptTokens: `${promptTokens}`, replyTokens: `${room}`, maxModelLen: `${maxModelLen}` },
  });
}
