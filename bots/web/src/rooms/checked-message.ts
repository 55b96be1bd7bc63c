import { BotError, MAX_MESSAGE_LENGTH } from "@cria/bot-core";
import { checkAttachments } from "@cria/bot-core/attachments";
import { WebError } from "../errors.ts";
import { attachmentsOf } from "../replies/asked-message.ts";
import type { KeptFile } from "../timeline/kept-message.ts";
import type { SentFile } from "../wire.ts";

/** What somebody wants to say. */
export interface Said {
  readonly text: string;
  readonly files?: readonly SentFile[];
}

/** A message's text and files as they are kept. Throws a WebError for what the bot would not take. */
export function checkedMessage({ text, files = [] }: Said): { text: string; files: readonly KeptFile[] } {
  const said = text.trim();
  const kept = files.map((file) => ({ ...file, sizeBytes: Buffer.byteLength(file.text) }));
  if (said === "" && files.length === 0) throw new WebError("invalid", "The message is empty.");
  checkFiles(kept);
  const length = files.reduce((sum, file) => sum + file.text.length, said.length);
  if (length <= MAX_MESSAGE_LENGTH) return { text: said, files: kept };
  const [has, limit] = [length, MAX_MESSAGE_LENGTH].map((value) => value.toLocaleString("en"));
  const what = files.length === 0 ? "The message has" : "The message and its files have";
  throw new WebError("tooLarge", `${what} ${has} characters; at most ${limit} are allowed.`);
}

function checkFiles(files: readonly KeptFile[]): void {
  try {
    checkAttachments(attachmentsOf({ files }));
  } catch (error) {
    throw error instanceof BotError ? new WebError("invalid", error.said) : error;
  }
}
