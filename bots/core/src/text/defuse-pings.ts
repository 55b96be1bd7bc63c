const ZERO_WIDTH_SPACE = "\u200b";

/**
 * A text that pings nobody: an invisible space stands after the first character of each match. `pattern` is global and
 * matches the platform's pings in its own writing, as `/@(?=everyone|here)/g` or `/<(?=[@!#])/g`.
 */
export function defusePings(text: string, pattern: RegExp): string {
  return text.replace(pattern, (ping) => {
    const [first = ""] = ping;
    return first + ZERO_WIDTH_SPACE + ping.slice(first.length);
  });
}
