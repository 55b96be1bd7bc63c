import { parseArgs } from "node:util";
import { type Result, resultLine } from "./result.ts";
import { baseLatency } from "./suites/base-latency.ts";
import { batch } from "./suites/batch.ts";
import { botDedupe } from "./suites/bot-dedupe.ts";
import { botLatency } from "./suites/bot-latency.ts";
import { botLoad } from "./suites/bot-load.ts";
import { botRedis } from "./suites/bot-redis.ts";
import { discordEdits } from "./suites/discord-edits.ts";
import { discordFaults } from "./suites/discord-faults.ts";
import { engineOverhead } from "./suites/engine-overhead.ts";
import { eventLoop } from "./suites/event-loop.ts";
import { filesEntered } from "./suites/files-entered.ts";
import { footprint } from "./suites/footprint.ts";
import { modelSpeed } from "./suites/model-speed.ts";
import { slackEdits } from "./suites/slack-edits.ts";
import { slackFaults } from "./suites/slack-faults.ts";
import { writeTable } from "./write-table.ts";

/** Reports its figures, and in detail what they are made of, where it can tell. */
type Suite = (report: (result: Result) => void, detail: (line: string) => void) => Promise<void>;

const SUITES: Readonly<Record<string, Suite>> = {
  "engine-overhead": engineOverhead,
  batch,
  "model-speed": modelSpeed,
  footprint,
  "event-loop": eventLoop,
  "files-entered": filesEntered,
  "bot-latency": botLatency,
  "base-latency": baseLatency,
  "bot-redis": botRedis,
  "bot-load": botLoad,
  "bot-dedupe": botDedupe,
  "bot-edits-discord": discordEdits,
  "bot-edits-slack": slackEdits,
  "bot-faults-discord": discordFaults,
  "bot-faults-slack": slackFaults,
};

const USAGE = `Usage: npm run bench -- [NAME…] [--json] [--write] [--detail]
Names: ${Object.keys(SUITES).join(", ")}; all without one. bot-edits stands for both that begin so, as bot-faults does.
--json prints one JSON object a line, --write puts the tables into docs/benchmarks.md.
--detail lists on stderr what files-entered and bot-redis count.`;

const { values, positionals } = parse();
const detail = values.detail ? (line: string) => console.error(line) : () => undefined;
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
/** The suite of that name, or those whose names go on from it with a word more. */
const suitesOf = (wanted: string) =>
  Object.keys(SUITES).filter((name) => name === wanted || name.startsWith(`${wanted}-`));
const unknown = positionals.filter((name) => suitesOf(name).length === 0);
if (unknown.length > 0) {
  refuse(`There is no bench ${unknown.join(", ")}; npm run bench -- --help names them.`);
}

for (const name of positionals.length > 0 ? positionals.flatMap(suitesOf) : Object.keys(SUITES)) {
  const results: Result[] = [];
  await SUITES[name]!((result) => {
    results.push(result);
    console.log(values.json ? JSON.stringify(result) : resultLine(result));
  }, detail);
  if (values.write) await writeTable(name, results);
}

function parse() {
  const flag = { type: "boolean" } as const;
  try {
    const options = { json: flag, write: flag, detail: flag, help: { ...flag, short: "h" } } as const;
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    refuse(`${(error as Error).message.split(". ")[0]}; see npm run bench -- --help.`);
  }
}

/** Ends as a shell knows wrong usage. */
function refuse(reason: string): never {
  console.error(reason);
  process.exit(2);
}
