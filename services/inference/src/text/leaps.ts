/** Part of a prompt's room that one leap frees. */
const LEAP_SHARE = 1 / 4;

/** Parts of a prompt that may be dropped, oldest first. */
export interface Droppable {
  /** Tokens of each. */
  readonly sizes: readonly number[];
  /** Tokens there is room for. */
  readonly room: number;
  /** Tokens that one leap frees at least. */
  readonly leap: number;
}

/**
 * How many of the oldest parts leave so that the others fit: none if all fit. They leave in leaps that are measured from the
 * first part on, whatever the excess is. So a conversation that grows at its end is cut at the same place for several
 * messages, though nothing is remembered between them, and a prefix cache finds its beginning again.
 */
export function numDropped({ sizes, room, leap }: Droppable): number {
  let excess = sizes.reduce((sum, size) => sum + size, 0) - room;
  let count = 0;
  while (excess > 0) {
    const end = leapEnd(sizes, count, leap);
    while (count < end) excess -= sizes[count++]!;
  }
  return count;
}

/**
 * Where a leap from `start` ends: the parts that free it, and one for what is over the room, so that about three quarters are
 * used where parts are alike. The newest part does not leave for that.
 */
function leapEnd(sizes: readonly number[], start: number, leap: number): number {
  let end = start;
  for (let freed = 0; freed < leap && end < sizes.length; end++) freed += sizes[end]!;
  return Math.max(end, Math.min(end + 1, sizes.length - 1));
}

/**
 * Tokens of one leap: a quarter of the prompt's room, or a half, a quarter, … of that where less than half of the room is
 * left for what may be dropped, so that at least half of what is left is used. In halves, as it has to stand still while the
 * newest message, which is never dropped, is now longer and now shorter.
 */
export function leapLength(capacity: number, droppableRoom: number): number {
  let leap = capacity * LEAP_SHARE;
  while (leap > Math.max(1, droppableRoom / 2)) leap /= 2;
  return leap;
}
