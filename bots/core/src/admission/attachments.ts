import { BotError } from "../port/bot-error.ts";
import type { Attachment, IncomingMessage } from "../port/message.ts";
import { within } from "../port/within.ts";
import { inlineCode } from "../text/markdown.ts";
import { shorten } from "../text/shorten.ts";
import { MAX_MESSAGE_LENGTH } from "./question.ts";

/** Most files of a message. */
export const MAX_ATTACHMENTS = 4;
/** All files of a message are read within this time: others wait for its turn to end. */
const READ_LIMIT_MS = 10_000;
/** Most bytes of a file: more than a message may have, in any script. */
export const MAX_ATTACHMENT_BYTES = 128 * 1024;

/** Most text files that did not come with the message. */
const MAX_BESIDE = 2;
const NOT_READ = "(This file could not be read.)";

/** What a message says, and its files. */
type Asked = Pick<IncomingMessage, "attachments" | "text" | "quotes">;

const TEXT_TYPES =
  /^(text\/|application\/(json|xml|yaml|x-yaml|toml|javascript|typescript|sql|x-sh|x-ndjson|csv)\b)|\+(json|xml)\b/;
const UNKNOWN_TYPES = /^(application\/octet-stream)?$/;
const TEXT_NAMES =
  /\.(txt|md|markdown|rst|log|csv|tsv|json|jsonl|ya?ml|toml|ini|cfg|conf|env|xml|html?|css|sql|diff|patch|tex|sh|bash|ps1|py|rb|pl|lua|js|jsx|mjs|cjs|ts|tsx|java|kt|scala|go|rs|c|h|cc|cpp|hpp|cs|swift|php|r|jl|hs|ml|ex|exs|clj|vue|svelte|proto|graphql|tf)$/i;

/** The texts of a message's files; "" for none. */
export interface FileTexts {
  readonly own: string;
  /** Of those that did not come with the message. */
  readonly beside: string;
}

/**
 * Reads the text files of a message and beside it; each is named where there is more than one text. Throws a `BotError`
 * (`FILE_REFUSED`) where nothing can be read, and for a file of its own that is too large, one too many or cannot be fetched within 10 s.
 */
export async function readFiles(message: IncomingMessage, signal: AbortSignal): Promise<FileTexts> {
  checkFiles(message);
  const taken = takenOf(message.attachments ?? []);
  const read = await Promise.all(taken.map((file) => readNamed(file, signal)));
  const isAlone = taken.length === 1 && !hasQuotes(message);
  const texts = read.map((text, index) => ({
    isBeside: taken[index]!.isBeside ?? false,
    text: isAlone ? text : named(taken[index]!, text),
  }));
  const those = (wanted: boolean) =>
    joined(texts.filter(({ isBeside }) => isBeside === wanted).map(({ text }) => text));
  return { own: those(false), beside: those(true) };
}

/** The text a message is about: what is quoted and the files beside it, in at most half of the room that the message leaves, and its own files. */
export function contextOf({ own, beside }: FileTexts, quote: string, { text }: Asked): string {
  const room = Math.max(1, (MAX_MESSAGE_LENGTH - text.length - own.length) / 2);
  return joined([shorten(joined([quote, beside]), room), own]);
}

/** Throws a `BotError` (`FILE_REFUSED`) for what can be seen to be refused without fetching it. */
export function checkFiles(asked: Asked): void {
  const { attachments = [], text } = asked;
  const hasWords = text.trim() !== "" || hasQuotes(asked);
  const own = attachments.filter((file) => !file.isBeside && !(hasWords && !isText(file)));
  checkAttachments(own, attachments.some(isText));
}

/** As `checkFiles`, for files that are a message of their own. `hasText`: whether there is text to read beside them. */
export function checkAttachments(own: readonly Attachment[], hasText = own.some(isText)): void {
  if (own.length > MAX_ATTACHMENTS)
    throw refused(`This message has ${own.length} files; I can read ${MAX_ATTACHMENTS}. Send fewer.`);
  const [first] = own;
  if (first && !hasText) throw notText(first.name);
  for (const { name, sizeBytes } of own.filter(isText))
    if (sizeBytes > MAX_ATTACHMENT_BYTES) throw tooLarge(name, sizeBytes);
}

/** A sentence about the files that were not read; undefined where there are none. */
export function leftOutNote(attachments: readonly Attachment[]): string | undefined {
  const taken = takenOf(attachments);
  const leftOut = attachments.filter((file) => !taken.includes(file));
  if (leftOut.length === 0) return undefined;
  const names = leftOut.map(({ name }) => inlineCode(name)).join(" and ");
  if (!leftOut.some(isText)) return `I can only read text files, so I left ${names} out.`;
  const most = `${MAX_BESIDE} text files of ${MAX_ATTACHMENT_BYTES / 1024} KB`;
  return `Beside your message I read ${most}, so I left ${names} out.`;
}

const hasQuotes = ({ quotes = [] }: Asked) => quotes.some(({ text }) => text.trim() !== "");

/** Those that are read: all text files of the message's own, and some beside it. */
function takenOf(attachments: readonly Attachment[]): readonly Attachment[] {
  const beside = attachments.filter((file) => file.isBeside && isText(file) && file.sizeBytes <= MAX_ATTACHMENT_BYTES);
  const taken = beside.slice(0, MAX_BESIDE);
  return attachments.filter((file) => (file.isBeside ? taken.includes(file) : isText(file)));
}

/** A question is answered without what others sent and cannot be read. */
async function readNamed(file: Attachment, signal: AbortSignal): Promise<string> {
  const text = readText(file, signal);
  return (await (file.isBeside ? text.catch(() => NOT_READ) : text)).trim();
}

const named = ({ name }: Attachment, text: string) => `${name}:\n${text}`;

const joined = (texts: readonly string[]) =>
  texts
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .join("\n\n");

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
