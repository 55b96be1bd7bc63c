import { leftOutNote } from "../admission/attachments.ts";
import type { Attachment } from "../port/message.ts";

const FORGETTING = "My memory cannot be reached just now, so I will not remember this exchange.";

/** What people are to know beside an answer and memory is not, as Markdown to go under it; "" for nothing. */
export function notesUnder(attachments: readonly Attachment[], isKept: boolean): string {
  const notes = [leftOutNote(attachments), isKept ? undefined : FORGETTING];
  return notes.flatMap((note) => (note === undefined ? [] : `\n\n*${note}*`)).join("");
}
