/** A code fence that is open. */
export interface Fence {
  /** The backticks or tildes that close it. */
  readonly marker: string;
  /** The line that opens it again, shortened to its language. */
  readonly opening: string;
}

/** Longer runs are drawings, not fences: a fence must fit into any message together with some text. */
const FENCE_LINE = /^[ \t]*(`{3,16}|~{3,16})(?![`~])(.*)$/;
const LANGUAGE = /^[\w+#.-]{1,32}$/;

/** The fence that is open after a line, given the one that is open before it. Source: CommonMark 0.31, fenced code blocks. */
export function fenceAfter(line: string, open: Fence | undefined): Fence | undefined {
  const [, marker, rest = ""] = FENCE_LINE.exec(line) ?? [];
  if (marker === undefined) return open;
  if (open) return closes(marker, rest, open) ? undefined : open;
  if (marker.startsWith("`") && rest.includes("`")) return undefined; // A code span of one line.
  const [language = ""] = rest.trim().split(/\s/);
  return { marker, opening: LANGUAGE.test(language) ? marker + language : marker };
}

/** What ends a text in which a fence is open. */
export function closing(text: string, open: Fence | undefined): string {
  if (!open) return "";
  return text.endsWith("\n") ? open.marker : `\n${open.marker}`;
}

function closes(marker: string, rest: string, open: Fence): boolean {
  return marker[0] === open.marker[0] && marker.length >= open.marker.length && rest.trim() === "";
}
