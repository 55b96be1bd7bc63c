import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { conversationKey, createBotCore, createMemoryConversationStore, type InferenceClient } from "@cria/bot-core";
import { pino } from "pino";
import { firstSentence, tellFailure, UsageError } from "./command-failure.ts";
import { findOrStartInference } from "./inference-for-a-call.ts";
import { loadLocalSettings } from "./settings.ts";
import { StartError } from "./start-error.ts";
import { TerminalReply } from "./terminal-reply.ts";

const USAGE = 'npm run ask -- [--model NAME] "QUESTION"';
const HELP = `Usage: ${USAGE}
       ... | npm run ask -- -          (the question is what comes in)
Answers in the terminal, by the service that runs or by one started for the call. \`npm run models -- list\` names the models.
Exits with 0 after a whole answer, 1 if there is none, 2 for a command line that it does not understand, 130 after Ctrl-C.`;
const PLACE = { platform: "terminal", workspaceId: "local", channelId: "ask", isDirect: true };
/** Nothing is remembered beyond the call. */
const STORE_TTL_MS = 3_600_000;
/** As a shell gives for a program that Ctrl-C ended. */
const INTERRUPTED = 130;

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopping.abort());
// Whoever reads the answer may leave early, as `head` does.
process.stdout.on("error", () => stopping.abort());

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  return stopping.signal.aborted ? INTERRUPTED : tellFailure(error);
});

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const question = await readQuestion(positionals.join(" ").trim());
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

async function readQuestion(words: string): Promise<string> {
  const question = words === "-" ? (await text(process.stdin)).trim() : words;
  if (question === "") throw new UsageError(`there is no question. Usage: ${USAGE}`);
  return question;
}

function parse(args: readonly string[]) {
  const help = { type: "boolean", short: "h" } as const;
  try {
    return parseArgs({ args: [...args], options: { model: { type: "string" }, help }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${firstSentence(error)}. Usage: ${USAGE}`);
  }
}

/** For people; a script's output stays the answer alone. */
function note(line: string): void {
  if (process.stderr.isTTY) console.error(line);
}

/** Asks as any platform does. Returns why it failed, if it did. */
async function ask(
  inference: InferenceClient,
  question: string,
  model: string | undefined,
): Promise<string | undefined> {
  const store = createMemoryConversationStore({ turnsTtlMs: STORE_TTL_MS });
  if (model) await store.updateSettings(conversationKey(PLACE), { model });
  const core = createBotCore({ store, inference, logger: pino({ level: "silent" }) });
  const reply = new TerminalReply({
    signal: stopping.signal,
    write: (part) => process.stdout.write(part),
    note,
  });
  const author = { id: "terminal", name: "you" };
  await core.handleMessage({ eventId: randomUUID(), place: PLACE, author, text: question }, async () => reply);
  await store.close();
  return reply.failure;
}
