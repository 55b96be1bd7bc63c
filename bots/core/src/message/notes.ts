import { leftOutNote } from "../admission/attachments.ts";
import type { Attachment } from "../port/message.ts";

const FORGETTING = "My memory cannot be reached just now, so I will not remember this exchange.";

/** What there is to say beside an answer. */
interface Notes {
  /** Of the model that answered. */
  readonly model: string | undefined;
  readonly attachments: readonly Attachment[];
  readonly isKept: boolean;
}

/** What people are to know beside an answer and memory is not, as Markdown to go under it; "" for nothing. */
export function notesUnder({ model, attachments, isKept }: Notes): string {
  const notes = [model, leftOutNote(attachments), isKept ? undefined : FORGETTING];
  return notes.flatMap((note) => (note === undefined ? [] : `\n\n*${note}*`)).join("");
}
