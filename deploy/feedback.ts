import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { parseArgs } from "node:util";
import { type Rating, readRatings, toAlpaca } from "@cria/bot-core";
import { StartError } from "./start-error.ts";
import { connectStateRedis } from "./state-redis.ts";

const USAGE = `Usage: npm run feedback -- export [--out FILE]
Writes the replies that people liked as Alpaca JSONL, one {"instruction", "input", "output"} a line, to FILE or standard output.`;

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`Cria: ${error instanceof Error ? error.message : error}`);
  return 1;
});

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const file = readArgs(args);
  const redis = await connectStateRedis(process.env);
  try {
    const ratings: Rating[] = [];
    for await (const rating of readRatings(redis)) ratings.push(rating);
    const examples = toAlpaca(ratings);
    await write(file, examples.map((example) => `${JSON.stringify(example)}\n`).join(""));
    console.error(`${examples.length} examples of ${ratings.length} ratings${file ? ` in ${file}` : ""}`);
    return 0;
  } finally {
    await redis.close();
  }
}

function readArgs(args: readonly string[]): string | undefined {
  const { values, positionals } = parse(args);
  if (positionals.join(" ") !== "export") throw new StartError(`what should be done?\n${USAGE}`);
  return values.out;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { out: { type: "string" } }, allowPositionals: true });
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

async function write(file: string | undefined, text: string): Promise<void> {
  if (file === undefined) {
    process.stdout.write(text);
    return;
  }
  const stream = createWriteStream(file, { mode: 0o600 });
  stream.end(text);
  await once(stream, "finish");
}
