import { shorten } from "@cria/bot-core";
import { WebError } from "../errors.ts";
import { meaningOf } from "../mention.ts";
import { MAX_TITLE_LENGTH } from "../wire.ts";

/** A title made of a question is cut at this length, in characters: about what a line of the list holds twice. */
const MADE_LENGTH = 60;

/** The title that a message gives a chat that has none: a question's first line; "" for a command. */
export function titleOf(text: string): string {
  const meaning = meaningOf(text, true);
  if (meaning.type !== "question") return "";
  const [line = ""] = meaning.text.trim().split("\n");
  return cut(line.replace(/\s+/g, " "));
}

/** The title as it was given, with single spaces. Throws a WebError if it is none. */
export function givenTitle(text: string): string {
  const title = text.normalize("NFC").trim().replace(/\s+/g, " ");
  if (title === "") throw new WebError("invalid", "A title has at least one character.");
  if (title.length <= MAX_TITLE_LENGTH) return title;
  throw new WebError("invalid", `The title has ${title.length} characters; at most ${MAX_TITLE_LENGTH} are allowed.`);
}

function cut(line: string): string {
  if (line.length <= MADE_LENGTH) return line;
  return shorten(line, MADE_LENGTH).replace(/\s+\S*…$/, "…");
}
