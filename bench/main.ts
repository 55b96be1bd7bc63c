import { parseArgs } from "node:util";
import { PeerUnavailable } from "./peers/python-environment.ts";
import { arrivals } from "./peers/suites/arrivals.ts";
import { conversations } from "./peers/suites/conversations.ts";
import { mixed } from "./peers/suites/mixed.ts";
import { served } from "./peers/suites/served.ts";
import { type Result, resultLine } from "./result.ts";
import type { SuiteOptions } from "./suite.ts";
import { bareServed } from "./suites/bare-served.ts";
import { baseLatency } from "./suites/base-latency.ts";
import { batch } from "./suites/batch.ts";
import { botDedupe } from "./suites/bot-dedupe.ts";
import { botLatency } from "./suites/bot-latency.ts";
import { botLoad } from "./suites/bot-load.ts";
import { botRedis } from "./suites/bot-redis.ts";
import { decodeStep } from "./suites/decode-step.ts";
import { discordEdits } from "./suites/discord-edits.ts";
import { discordFaults } from "./suites/discord-faults.ts";
import { engineOverhead } from "./suites/engine-overhead.ts";
import { eventLoop } from "./suites/event-loop.ts";
import { fair } from "./suites/fair.ts";
import { filesEntered } from "./suites/files-entered.ts";
import { footprint } from "./suites/footprint.ts";
import { lookup } from "./suites/lookup.ts";
import { modelSpeed } from "./suites/model-speed.ts";
import { origin } from "./suites/origin.ts";
import { slackEdits } from "./suites/slack-edits.ts";
import { slackFaults } from "./suites/slack-faults.ts";
import { soak } from "./suites/soak.ts";
import { warmTtft } from "./suites/warm-ttft.ts";
import { type Picture, writeTable } from "./write-table.ts";

/** Reports its figures. */
type Suite = (report: (result: Result) => void, options: SuiteOptions) => Promise<void>;

const SUITES: Readonly<Record<string, Suite>> = {
  "engine-overhead": engineOverhead,
  batch,
  "decode-step": decodeStep,
  "model-speed": modelSpeed,
  served,
  "bare-served": bareServed,
  conversations,
  mixed,
  arrivals,
  origin,
  fair,
  footprint,
  "event-loop": eventLoop,
  "warm-ttft": warmTtft,
  lookup,
  soak,
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

const IN_ROUNDS =
  "served, bare-served, conversations, mixed, arrivals, origin, fair, warm-ttft, decode-step and lookup";
const USAGE = `Usage: npm run bench -- [NAME…] [--json] [--write] [--detail] [--rounds N]
Names: ${Object.keys(SUITES).join(", ")}; all without one. bot-edits stands for both that begin so, as bot-faults does.
--json prints one JSON object a line, --write puts the tables into docs/benchmarks.md.
--detail lists on stderr what files-entered and bot-redis count.
--rounds sets how often ${IN_ROUNDS} measure; they have a number of their own.`;

const { values, positionals } = parse();
const options: Omit<SuiteOptions, "draw"> = {
  ...(values.rounds === undefined ? {} : { rounds: roundsOf(values.rounds) }),
  detail: (line) => values.detail && console.error(line),
};
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
  try {
    await run(name);
  } catch (error) {
    if (!(error instanceof PeerUnavailable)) throw error;
    console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}

async function run(name: string): Promise<void> {
  const results: Result[] = [];
  const pictures: Picture[] = [];
  const report = (result: Result) => {
    results.push(result);
    console.log(values.json ? JSON.stringify(result) : resultLine(result));
  };
  await SUITES[name]!(report, { ...options, draw: (svg, alt) => pictures.push({ svg, alt }) });
  if (values.write) await writeTable(name, results, pictures[0]);
}

function roundsOf(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) refuse(`--rounds is ${text}; it must be 1 to 99.`);
  return Number(text);
}

function parse() {
  const flag = { type: "boolean" } as const;
  try {
    const rounds = { type: "string" } as const;
    const known = { json: flag, write: flag, detail: flag, rounds, help: { ...flag, short: "h" } } as const;
    return parseArgs({ options: known, allowPositionals: true });
  } catch (error) {
    refuse(`${(error as Error).message.split(". ")[0]}; see npm run bench -- --help.`);
  }
}

/** Ends as a shell knows wrong usage. */
function refuse(reason: string): never {
  console.error(reason);
  process.exit(2);
}
