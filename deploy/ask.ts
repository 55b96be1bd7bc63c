import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { conversationKey, createBotCore, createMemoryConversationStore, type InferenceClient } from "@cria/bot-core";
import { pino } from "pino";
import { findOrStartInference } from "./inference-for-a-call.ts";
import { loadLocalSettings } from "./settings.ts";
import { StartError } from "./start-error.ts";
import { TerminalReply } from "./terminal-reply.ts";

const USAGE = `Usage: npm run ask -- [--model NAME] "QUESTION"
       ... | npm run ask -- -          (the question is what comes in)
Answers in the terminal, by the service that runs or by one started for the call. \`npm run models -- list\` names the models.`;
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
  if (stopping.signal.aborted) return INTERRUPTED;
  console.error(`Cria: ${error instanceof Error ? error.message : error}`);
  return 1;
});

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { question, model } = await readQuestion(args);
  const service = await findOrStartInference(loadLocalSettings(process.env), process.env, stopping.signal);
  try {
    const failure = await ask(service.client, question, model);
    if (failure) throw new StartError(failure);
    return stopping.signal.aborted ? INTERRUPTED : 0;
  } finally {
    await service.close();
  }
}

async function readQuestion(args: readonly string[]): Promise<{ question: string; model: string | undefined }> {
  const { values, positionals } = parse(args);
  const words = positionals.join(" ").trim();
  const question = words === "-" ? (await text(process.stdin)).trim() : words;
  if (question === "") throw new StartError(`there is no question.\n${USAGE}`);
  return { question, model: values.model };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { model: { type: "string" } }, allowPositionals: true });
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
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
    note: (line) => process.stderr.isTTY && console.error(line),
  });
  const author = { id: "terminal", name: "you" };
  await core.handleMessage({ eventId: randomUUID(), place: PLACE, author, text: question }, async () => reply);
  await store.close();
  return reply.failure;
}
