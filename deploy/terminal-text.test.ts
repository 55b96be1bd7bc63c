import { expect, it } from "vitest";
import { terminalText } from "./terminal-text.ts";

it.each([
  ["two\nlines\tand a tab", "two\nlines\tand a tab"],
  ["\u001b]0;title\u0007\u001b[31mred", "]0;title[31mred"],
  ["\u009b2Jgone\r\n\b\u007f", "2Jgone\n"],
  ["世界 🦙", "世界 🦙"],
])("a terminal finds nothing to obey in %j", (text, shown) => expect(terminalText(text)).toBe(shown));
