import { BotError } from "../port/bot-error.ts";
import type { Attachment, IncomingMessage } from "../port/message.ts";
import { within } from "../port/within.ts";
import { inlineCode } from "../text/markdown.ts";

/** Most files of a message. */
export const MAX_ATTACHMENTS = 4;
/** All files of a message are read within this time: others wait for its turn to end. */
const READ_LIMIT_MS = 10_000;
/** Most bytes of a file: more than a message may have, in any script. */
export const MAX_ATTACHMENT_BYTES = 128 * 1024;

const TEXT_TYPES =
  /^(text\/|application\/(json|xml|yaml|x-yaml|toml|javascript|typescript|sql|x-sh|x-ndjson|csv)\b)|\+(json|xml)\b/;
const UNKNOWN_TYPES = /^(application\/octet-stream)?$/;
const TEXT_NAMES =
  /\.(txt|md|markdown|rst|log|csv|tsv|json|jsonl|ya?ml|toml|ini|cfg|conf|env|xml|html?|css|sql|diff|patch|tex|sh|bash|ps1|py|rb|pl|lua|js|jsx|mjs|cjs|ts|tsx|java|kt|scala|go|rs|c|h|cc|cpp|hpp|cs|swift|php|r|jl|hs|ml|ex|exs|clj|vue|svelte|proto|graphql|tf)$/i;

/**
 * The text a message is about: the quoted message, then its text files, each named where there is more than one text.
 * Throws a `BotError` (`FILE_REFUSED`) where no file is text, and for one that is too large, one too many or cannot be fetched within 10 s.
 */
export async function readContext(message: IncomingMessage, signal: AbortSignal): Promise<string> {
  const { attachments = [], quote = "" } = message;
  checkAttachments(attachments);
  const texts = attachments.filter(isText);
  const files = await Promise.all(texts.map((attachment) => readText(attachment, signal)));
  const quoted = quote.trim();
  if (files.length === 1 && quoted === "") return files[0]!.trim();
  const named = files.map((text, index) => `${texts[index]!.name}:\n${text.trim()}`);
  return [quoted, ...named].filter((text) => text !== "").join("\n\n");
}

/** Throws a `BotError` (`FILE_REFUSED`) for what can be seen to be refused without fetching it. */
export function checkAttachments(all: readonly Attachment[]): void {
  const attachments = all.filter((attachment) => !attachment.isBeside || isText(attachment));
  if (attachments.length > MAX_ATTACHMENTS)
    throw refused(`This message has ${attachments.length} files; I can read ${MAX_ATTACHMENTS}. Send fewer.`);
  const [first] = attachments;
  if (first && !attachments.some(isText)) throw notText(first.name);
  for (const { name, sizeBytes } of attachments.filter(isText))
    if (sizeBytes > MAX_ATTACHMENT_BYTES) throw tooLarge(name, sizeBytes);
}

/** A sentence about the files beside the text files that were not read; undefined where there are none. */
export function leftOutNote(attachments: readonly Attachment[]): string | undefined {
  const names = attachments.filter((attachment) => !isText(attachment)).map(({ name }) => inlineCode(name));
  return names.length === 0 ? undefined : `I can only read text files, so I left ${names.join(" and ")} out.`;
}

function isText({ name, mimeType }: Attachment): boolean {
  return TEXT_TYPES.test(mimeType) || (UNKNOWN_TYPES.test(mimeType) && TEXT_NAMES.test(name));
}

async function readText(attachment: Attachment, signal: AbortSignal): Promise<string> {
  const late = new AbortController();
  const loading = attachment.load(AbortSignal.any([signal, late.signal]));
  const bytes = await within(READ_LIMIT_MS, loading).catch((cause: unknown) => {
    late.abort();
    signal.throwIfAborted();
    throw refused(`I could not fetch ${attachment.name}. Try again, or paste its text.`, cause);
  });
  return textOf(attachment.name, bytes);
}

/** The text of a file's bytes. Throws a `BotError` (`FILE_REFUSED`) where they are too many or no text. */
export function textOf(name: string, bytes: Uint8Array): string {
  if (bytes.length > MAX_ATTACHMENT_BYTES) throw tooLarge(name, bytes.length);
  const text = decode(bytes);
  if (text === undefined) throw notText(name);
  return text;
}

/** UTF-8, or UTF-16 with its byte order mark as Windows writes it; undefined for anything else. */
function decode(bytes: Uint8Array): string | undefined {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes("\u0000") ? undefined : text;
  } catch {
    return undefined;
  }
}

function notText(name: string): BotError {
  return refused(`I can only read text files, and ${name} is none. Paste what matters as text, or ask without it.`);
}

function tooLarge(name: string, sizeBytes: number): BotError {
  const [has, limit] = [sizeBytes, MAX_ATTACHMENT_BYTES].map((bytes) => Math.ceil(bytes / 1024).toLocaleString("en"));
  return refused(`${name} has ${has} KB; I can read ${limit} KB. Send the part that matters.`);
}

function refused(message: string, cause?: unknown): BotError {
  return new BotError("FILE_REFUSED", message, { cause });
}
