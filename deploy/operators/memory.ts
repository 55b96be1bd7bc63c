import { parseArgs } from "node:util";
import { createRedisStoresOver, forget, rememberedConversations, type Stores } from "@cria/bot-core";
import { endWithReader, firstSentence, tellFailure, UsageError } from "../command-failure.ts";
import { StartError } from "../start-error.ts";
import { terminalText } from "../terminal-text.ts";
import { counted } from "./counted.ts";
import { connectStateRedis } from "./state-redis.ts";

const USAGE = "npm run memory -- show [KEY] | forget KEY";
const HELP = `Usage: npm run memory -- show [KEY]   (which conversations are remembered, or what of one)
       npm run memory -- forget KEY   (a conversation with its threads, or a whole workspace, for good)
KEY is as in docs/memory.md: web:local:general, slack:T024BE7LD:C061EG9SL, slack:T024BE7LD.`;
/** Nothing is written, so nothing gets this time to live. */
const UNUSED_TTL_MS = 1;

endWithReader();
process.exitCode = await main(process.argv.slice(2)).catch(tellFailure);

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [command, key, ...rest] = positionals;
  const isKnown = command === "show" || (command === "forget" && key !== undefined);
  if (!isKnown || rest.length > 0) throw new UsageError(`what should be done? Usage: ${USAGE}`);
  const redis = await connectStateRedis(process.env);
  try {
    if (command === "forget") tellForgotten(key!, await forget(redis, key!));
    else if (key === undefined) list(await rememberedConversations(redis));
    else {
      const stores = createRedisStoresOver(redis, { roundsTtlMs: UNUSED_TTL_MS });
      await show(stores, key, await rememberedConversations(redis));
    }
    return 0;
  } finally {
    await redis.close();
  }
}

function parse(args: readonly string[]) {
  const help = { type: "boolean", short: "h" } as const;
  try {
    return parseArgs({ args: [...args], options: { help }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${firstSentence(error)}. Usage: ${USAGE}`);
  }
}

/** A key that is mistyped is no success. */
function requireAny(count: number, key: string): void {
  if (count === 0) throw new StartError(`nothing is remembered under ${key}; \`npm run memory -- show\` lists what is`);
}

function tellForgotten(key: string, { keys, lines, messages }: Awaited<ReturnType<typeof forget>>): void {
  requireAny(keys + lines + messages, key);
  const about = `${counted(lines, "line")} about it in transcript and feedback`;
  console.log(`Forgot ${counted(keys, "key")} of ${key}, ${about}, and ${counted(messages, "pending message")}.`);
}

/** Standard output is for the keys alone. */
function list(conversations: readonly string[]): void {
  if (conversations.length === 0) console.error("Nothing is remembered.");
  for (const name of conversations) say(name);
}

/** A conversation, and how much those below it hold: a channel's threads, a workspace's channels. */
async function show(stores: Stores, key: string, conversations: readonly string[]): Promise<void> {
  const [settings, { rounds }] = await Promise.all([stores.settings.get(key), stores.rounds.read(key)]);
  const below = conversations.filter((name) => name.startsWith(`${key}:`));
  requireAny(Object.keys(settings).length + rounds.length + below.length, key);
  for (const [name, value] of Object.entries(settings)) say(`${name}: ${value}`);
  say(counted(rounds.length, "round"));
  for (const { atMs, author, user, context, assistant } of rounds) {
    say(`\n${new Date(atMs).toISOString()} ${author}: ${user}`);
    if (context !== undefined) say(`about: ${context}`);
    say(`Cria: ${assistant}`);
  }
  for (const name of below) say(`${name}: ${counted(await stores.rounds.count(name), "round")}`);
}

function say(line: string): void {
  console.log(terminalText(line));
}
