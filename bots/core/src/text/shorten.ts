/** What a cut within a pair of surrogates leaves. */
const HALF_CHARACTER = /[\uD800-\uDBFF]$/;

/** A text of at most `length` UTF-16 code units, 1 at least: one that is longer ends with "…". */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(HALF_CHARACTER, "")}…`;
}
