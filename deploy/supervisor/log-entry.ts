import { endWords, type ReplyEnd, shorten } from "@cria/bot-core";
import { terminalText } from "../terminal-text.ts";

const WARNING_LEVEL = 40;
const ERROR_LEVEL = 50;
/** pino's own fields, what it adds to each line, and what has a place of its own. */
const NOT_SHOWN = new Set(["level", "time", "pid", "hostname", "name", "msg", "v", "err"]);

/** A line that a process of ours logged with pino. */
export interface LogEntry {
  readonly level: number;
  /** Milliseconds since 1970. */
  readonly time?: number;
  readonly msg?: string;
  readonly err?: { readonly message?: string; readonly stack?: string };
  readonly [field: string]: unknown;
}

/** A line of pino's; undefined for any other. */
export function readEntry(line: string): LogEntry | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const entry = JSON.parse(line);
    return typeof entry.level === "number" ? entry : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An entry as `WARN message: error field=value`, in one line of at most `room` characters; only a message that is longer by
 * itself goes on in further lines, since it says what to do. None for what another line tells: a reply has one line.
 */
export function showEntry(entry: LogEntry, room: number): readonly string[] {
  if (isToldByCaller(entry)) return [];
  if (entry.msg === "exchange") return showExchange(entry, room);
  const message = oneLine(`${levelWord(entry.level)}${entry.msg ?? ""}`);
  if (message.length > room) return wrap(message, room);
  const reason = entry.err?.message === undefined ? "" : `: ${entry.err.message}`;
  return [cutTo([message + reason, ...fields(entry)].join(" "), room)];
}

/** What the inference service did or refused for a bot: the bot says it in words of its own. */
function isToldByCaller({ level, msg, code }: LogEntry): boolean {
  return msg === "generated" || (level < WARNING_LEVEL && typeof code === "string");
}

/** A text in one line, cut to so many UTF-16 code units. */
export function cutTo(text: string, room: number): string {
  return shorten(oneLine(text), room);
}

/** A text in lines of at most so many UTF-16 code units, broken at spaces; a word that is longer, as a link, stays whole. */
function wrap(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function oneLine(text: string): string {
  return terminalText(text).replace(/\s*\n\s*/g, " ");
}

function levelWord(level: number): string {
  if (level >= ERROR_LEVEL) return "ERROR ";
  return level >= WARNING_LEVEL ? "WARN " : "";
}

/** What the message says already is not said again. */
function fields(entry: LogEntry): readonly string[] {
  return Object.entries(entry)
    .filter(([key]) => !NOT_SHOWN.has(key))
    .map(([key, value]) => ({ key, text: typeof value === "string" ? value : JSON.stringify(value) }))
    .filter(({ text }) => !entry.msg?.includes(text))
    .map(({ key, text }) => `${key}=${text}`);
}

/** As "answered with smollm2-135m: 61 tokens in 0.52 s (cut at the length limit)". A failure has a line of its own. */
function showExchange({ outcome, model, completionTokens, totalMs }: LogEntry, room: number): readonly string[] {
  if (typeof outcome !== "string" || /^[A-Z]/.test(outcome)) return [];
  const by = typeof model === "string" ? ` with ${model}` : "";
  const tokens = typeof completionTokens === "number" ? `: ${completionTokens.toLocaleString("en")} tokens` : "";
  const end = endWords(outcome as ReplyEnd);
  const ended = end ? ` (${end.charAt(0).toLowerCase()}${end.slice(1)})` : "";
  return [cutTo(`answered${by}${tokens} in ${(Number(totalMs) / 1000).toFixed(2)} s${ended}`, room)];
}
