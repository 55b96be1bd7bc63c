import { checkAttachments, MAX_ATTACHMENTS, textOf } from "@cria/bot-core/attachments";
import type { Signal } from "@preact/signals";
import { MAX_FILE_NAME_LENGTH, type MessageFile, type SentFile } from "../../wire.ts";

/** A file that goes with the message in the composer. */
export type DraftFile = MessageFile & SentFile;

/** Sentences about files that are not taken, at most. */
const MAX_FAULTS = 4;

/**
 * Adds to the files of a message those that the bot would take: by the bot's own checks, so that nothing is sent in vain. Each
 * is added once it is read, whatever was added or removed meanwhile. Returns a sentence about each that was not taken, of many
 * about the first and how many more; "" where all were.
 */
export async function addFiles(files: Signal<readonly DraftFile[]>, added: readonly File[]): Promise<string> {
  const faults: string[] = [];
  for (const file of added) {
    try {
      const read = await readFile(file);
      if (files.value.length >= MAX_ATTACHMENTS)
        throw new Error(`${read.name} is left out: a message has at most ${MAX_ATTACHMENTS} files.`);
      files.value = [...files.value, read];
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  return inWords(faults);
}

function inWords(faults: readonly string[]): string {
  const more = faults.length - MAX_FAULTS;
  return [...faults.slice(0, MAX_FAULTS), ...(more > 0 ? [`Files left out besides: ${more}.`] : [])].join(" ");
}

async function readFile(file: File): Promise<DraftFile> {
  const name = [...file.name.replace(/\p{Cc}/gu, " ")].slice(-MAX_FILE_NAME_LENGTH / 2).join("") || "file";
  // Before it is read: it may be as large as a disk. What browsers say of a file's type is no help; what is in it is.
  checkAttachments([asAttachment({ name, sizeBytes: file.size })]);
  const text = textOf(name, new Uint8Array(await file.arrayBuffer()));
  if (text.trim() === "") throw new Error(`${name} is empty.`);
  return { name, sizeBytes: file.size, text };
}

function asAttachment({ name, sizeBytes }: MessageFile) {
  return { name, sizeBytes, mimeType: "text/plain", load: () => Promise.reject(new Error("is not loaded here")) };
}

/** A size as people read it, as "2.1 KB". */
export function sizeWords(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`;
}
