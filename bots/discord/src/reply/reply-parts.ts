import { alignTables, type SplitOptions, shorten, splitMessage } from "@cria/bot-core";
import { type ButtonAction, type ButtonRow, buttonRow } from "./buttons.ts";

/** Discord's limit of a message, in characters. */
export const MAX_MESSAGE_LENGTH = 2_000;
/** Kept free in each message for the small print, which only the last one has. */
const SMALL_PRINT_ROOM = 300;
/** Each message has the head of a table that is cut. */
const TABLES_ALIGNED: SplitOptions = {
  limit: MAX_MESSAGE_LENGTH - SMALL_PRINT_ROOM,
  measure: (part) => alignTables(part).length,
};
/** A longer reply is easier read in a file: the whole of it goes there. */
const MAX_MESSAGES = 5;
const WHOLE_IN_FILE = "The whole reply is in the file below.";
const FILE_TO_COME = "Goes on; the whole reply comes as a file.";

/** A reply as it is to be seen now. */
export interface ReplyState {
  readonly replyId: string;
  readonly text: string;
  /** One line under the text, small. */
  readonly smallPrint: string;
  readonly buttons: readonly ButtonAction[];
  readonly isEnded: boolean;
}

/** One message of a reply. */
export interface ReplyPart {
  readonly content: string;
  readonly components: ButtonRow[];
  /** The whole reply, where it is too long for messages. */
  readonly file?: { readonly name: string; readonly text: string };
}

/** The messages that show a reply: as many as it takes, at most five and a file. */
export function replyParts(state: ReplyState): readonly ReplyPart[] {
  const pieces = splitMessage(state.text, TABLES_ALIGNED).map(alignTables);
  const isTooLong = pieces.length > MAX_MESSAGES;
  const lines = [isTooLong ? fileLine(state) : "", state.smallPrint];
  const texts = pieces.length === 0 ? [""] : pieces.slice(0, MAX_MESSAGES);
  return texts.map((text, index) => {
    if (index < texts.length - 1) return { content: text, components: [] };
    const content = withSmallPrint(text, lines.filter((line) => line !== "").join(" · "));
    const components = buttonRow(state.replyId, state.buttons);
    return { content, components, ...(isTooLong && state.isEnded && { file: { name: "reply.md", text: state.text } }) };
  });
}

/** A reply that is broken off has no file. */
function fileLine({ isEnded, buttons }: ReplyState): string {
  if (isEnded) return WHOLE_IN_FILE;
  return buttons.length > 0 ? FILE_TO_COME : "";
}

/** A text with a small line under it. */
export function withSmallPrint(text: string, line: string): string {
  const clipped = shorten(line, SMALL_PRINT_ROOM - 5);
  if (clipped === "") return text;
  return text === "" ? `-# ${clipped}` : `${text}\n-# ${clipped}`;
}
