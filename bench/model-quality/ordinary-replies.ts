import { writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../../deploy/settings.ts";
import prompts from "./ordinary-prompts.json" with { type: "json" };
import { createEngine, type Reply, reply, samplingOf, single } from "./replies.ts";
import { loadSubject } from "./subject.ts";

/**
 * Writes what the repetition guard must leave alone: the bundled model's replies to prompts for prose, lists, tables, code and
 * verse, each with its own sampling and with plain sampling, which repeats itself more. Only those that it ended by itself,
 * and in which no phrase stands five times in a row: such a reply did run in a loop. Some ten minutes.
 *
 * Usage: npx tsx bench/model-quality/ordinary-replies.ts
 */
const MODEL = "smollm2-135m";
const MAX_TOKENS = 400;
const PLAIN = { temperature: 0.8, topP: 0.95, repetitionPenalty: 1, frequencyPenalty: 0 };
const PHRASE_FIVE_TIMES = /(.{12,}?)\1{4}/su;
const FIXTURE = path.join(ROOT, "services/inference/src/engine/stopping/fixtures/model-replies.json");

const subject = await loadSubject(MODEL);
const engine = createEngine(subject);
const own = samplingOf(subject);
const stopping = { maxTokens: MAX_TOKENS, ignoreRepetition: true };
const replies = await Promise.all(
  prompts.flatMap((prompt, seed) =>
    [own, { ...own, ...PLAIN }].map(async (sampling) => {
      const made = await reply(engine, subject, single(prompt), { sampling: { ...sampling, seed }, stopping });
      return { prompt, text: made.text, isOrdinary: isOrdinary(made) };
    }),
  ),
);
await engine.close();
const ordinary = replies.filter((one) => one.isOrdinary).map(({ prompt, text }) => ({ prompt, text }));
await writeFile(FIXTURE, `${JSON.stringify(ordinary, null, 2)}\n`);
console.log(`${ordinary.length} ordinary replies of ${replies.length}`);

function isOrdinary({ text, reason }: Reply): boolean {
  return reason === "eos" && !PHRASE_FIVE_TIMES.test(text);
}
