import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { parseArgs } from "node:util";
import { type Rating, readRatings, toAlpaca } from "@cria/bot-core";
import { endWithReader, firstSentence, tellFailure, UsageError } from "../command-failure.ts";
import { counted } from "./counted.ts";
import { connectStateRedis } from "./state-redis.ts";

const USAGE = "npm run feedback -- export [--out FILE]";
const HELP = `Usage: ${USAGE}
Writes the replies that people liked as Alpaca JSONL, one {"instruction", "input", "output"} a line, to FILE or standard output.`;

endWithReader();
process.exitCode = await main(process.argv.slice(2)).catch(tellFailure);

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (positionals.join(" ") !== "export") throw new UsageError(`what should be done? Usage: ${USAGE}`);
  const file = values.out;
  const redis = await connectStateRedis(process.env);
  try {
    const ratings: Rating[] = [];
    for await (const rating of readRatings(redis)) ratings.push(rating);
    const examples = toAlpaca(ratings);
    await write(file, examples.map((example) => `${JSON.stringify(example)}\n`).join(""));
    console.error(
      `${counted(examples.length, "example")} of ${counted(ratings.length, "rating")}${file ? ` in ${file}` : ""}`,
    );
    return 0;
  } finally {
    await redis.close();
  }
}

function parse(args: readonly string[]) {
  const help = { type: "boolean", short: "h" } as const;
  try {
    return parseArgs({ args: [...args], options: { out: { type: "string" }, help }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${firstSentence(error)}. Usage: ${USAGE}`);
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
