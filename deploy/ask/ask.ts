import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import {
  type Attachment,
  createBotCore,
  createMemoryStores,
  type InferenceClient,
  type PlatformWords,
} from "@cria/bot-core";
import { pino } from "pino";
import { firstSentence, tellFailure, UsageError } from "../command-failure.ts";
import { requireConfiguration } from "../configuration.ts";
import { loadLocalSettings } from "../settings.ts";
import { StartError } from "../start-error.ts";
import { findOrStartInference } from "./inference-for-a-call.ts";
import { isPiped, readPipedText } from "./piped-text.ts";
import { TerminalReply } from "./terminal-reply.ts";

const USAGE = 'npm run ask -- [--model NAME] "QUESTION"';
const HELP = `Usage: ${USAGE}
       ... | npm run ask -- "QUESTION"     (about the text that comes in; < FILE does the same, < /dev/null leaves it out)
       ... | npm run ask                   (the question is what comes in)
Answers in the terminal, by the service that runs or by one started for the call. \`npm run models -- list\` names the models.
Exits with 0 after a whole answer, 1 if there is none, 2 for a command line that it does not understand, 130 after Ctrl-C.`;
const PLACE = { platform: "terminal", workspaceId: "local", channelId: "ask", isDirect: true };
/** Each user of the machine has a share of their own; Windows tells no user ids. */
const AUTHOR = { id: `${process.getuid?.() ?? "terminal"}`, name: "you" };
/** In a terminal a model is chosen by an option. */
const WORDS: PlatformWords = {
  workspace: "terminal",
  commandPrefix: "--",
  howToStop: "Ctrl-C stops it.",
  settings: [],
};
/** Nothing is remembered beyond the call. */
const STORE_TTL_MS = 3_600_000;
/** A pipe that nobody writes to, as scripts may inherit one, is given up after this. */
const SILENCE_MS = 5_000;
const STDIN = 0;
/** As a shell gives for a program that Ctrl-C ended. */
const INTERRUPTED = 130;

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopping.abort());
/** Why the answer could not be written, as on a full disk. */
let unwritten: StartError | undefined;
process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  // Whoever reads the answer may leave early, as `head` does.
  if (code !== "EPIPE") unwritten = new StartError(`the answer cannot be written: ${message}`);
  stopping.abort();
});

const exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  return stopping.signal.aborted ? INTERRUPTED : tellFailure(error);
});
process.exitCode = unwritten ? tellFailure(unwritten) : exitCode;

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  requireConfiguration(process.env);
  const question = await readQuestion(positionals.join(" ").trim(), stopping.signal);
  const service = await findOrStartInference({
    settings: loadLocalSettings(process.env),
    env: process.env,
    signal: stopping.signal,
    tell: note,
  });
  try {
    const failure = await ask(service.client, question, values.model);
    if (failure) throw new StartError(failure);
    return stopping.signal.aborted ? INTERRUPTED : 0;
  } finally {
    await service.close();
  }
}

/** What is asked, and the text that it is about. */
interface AskedText {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

async function readQuestion(words: string, signal: AbortSignal): Promise<AskedText> {
  const piped = words === "-" ? await readPipedText(process.stdin, { signal }) : await readPipe(signal);
  const isPipedOnly = words === "" || words === "-";
  const text = isPipedOnly ? `${piped ?? ""}`.trim() : words;
  if (text === "") throw new UsageError(`there is no question. Usage: ${USAGE}`);
  return { text, attachments: isPipedOnly || !piped?.length ? [] : [toAttachment(piped)] };
}

async function readPipe(signal: AbortSignal): Promise<Buffer | undefined> {
  if (!isPiped(STDIN)) return undefined;
  const piped = await readPipedText(process.stdin, { signal, silenceMs: SILENCE_MS });
  if (piped === undefined)
    console.error(`Cria: nothing came by the pipe in ${SILENCE_MS / 1000} s; going on without it`);
  return piped;
}

function toAttachment(bytes: Buffer): Attachment {
  return { name: "the piped text", mimeType: "text/plain", sizeBytes: bytes.length, load: async () => bytes };
}

function parse(args: readonly string[]) {
  const help = { type: "boolean", short: "h" } as const;
  try {
    return parseArgs({ args: [...args], options: { model: { type: "string" }, help }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${firstSentence(error)}. Usage: ${USAGE}`);
  }
}

function fail(sentence: string): never {
  throw new StartError(sentence);
}

/** For people; a script's output stays the answer alone. */
function note(line: string): void {
  if (process.stderr.isTTY) console.error(line);
}

/** Asks as any platform does. Returns why it failed, if it did. */
async function ask(
  inference: InferenceClient,
  { text, attachments }: AskedText,
  model: string | undefined,
): Promise<string | undefined> {
  const stores = createMemoryStores({ roundsTtlMs: STORE_TTL_MS });
  const core = createBotCore({ stores, inference, words: WORDS, logger: pino({ level: "silent" }) });
  const reply = new TerminalReply({
    signal: stopping.signal,
    write: (part) => process.stdout.write(part),
    note,
  });
  const asked = () => ({ eventId: randomUUID(), place: PLACE, author: AUTHOR });
  if (model) await core.handleCommand({ ...asked(), command: { type: "model", name: model } }, fail);
  await core.handleMessage({ ...asked(), text, attachments }, async () => reply);
  await stores.close();
  return reply.failure;
}
