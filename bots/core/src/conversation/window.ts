/** Rounds kept where nobody set another number: enough to refer back to, and short enough for a context of 2,048 tokens. */
export const DEFAULT_WINDOW = 6;
/** Most rounds one may ask for. */
export const MAX_WINDOW = 50;

/**
 * The window in leaps: rounds gather from k to 2k - 1, and when the 2k-th comes only the newest k stay. Between leaps the
 * prompt's beginning does not change, so the service's prefix cache holds.
 */
export function slideWindow<T>(rounds: readonly T[], window: number): readonly T[] {
  return rounds.length < 2 * window ? rounds : rounds.slice(-window);
}
