import { readFileSync } from "node:fs";
import { engineModel } from "../../services/inference/src/generation/engine-model.ts";
import { InferenceEngine } from "../../services/inference/src/generation/inference-engine.ts";
import { samplingOf, single } from "../model-quality/replies.ts";
import { loadSubject, MAX_MODEL_LEN, promptOf, type Subject } from "../model-quality/subject.ts";
import { compare, type Result } from "../result.ts";
import { MODEL } from "../service.ts";
import type { SuiteOptions } from "../suite.ts";

const ROUNDS = 5;
const REPLY_TOKENS = 128;
const CHATS_A_ROUND = 2;

const ARTICLE =
  "The Alpine swift spends most of its life in the air. Researchers at the Swiss Ornithological Institute fitted six " +
  "birds with small sensors and found that they stayed aloft for 200 days without landing once. The birds left their " +
  "colony in Baden in September, crossed the Sahara, and spent the winter over West Africa. They fed on insects carried " +
  "by the wind and slept while gliding, for a few minutes at a time. In April the birds returned to the same nests. The " +
  "institute had expected short rests at night, but the sensors showed none. How the birds recover is not yet known.";
const CODE = `def average_temperature(readings, minimum, maximum):
    total_temperature = 0
    number_of_readings = 0
    for reading in readings:
        if reading.value is None:
            continue
        if reading.value < minimum or reading.value > maximum:
            continue
        total_temperature = total_temperature + reading.value
        number_of_readings = number_of_readings + 1
    if number_of_readings == 0:
        return None
    return total_temperature / number_of_readings`;

/** A question, and how its reply begins: this small model needs to be shown what is wanted. */
interface Task {
  readonly question: string;
  readonly begun: string;
}

const SUMMARY: Task = {
  question: `Give me the key points of this text as a list.\n\n${ARTICLE}`,
  begun: "1. The Alpine swift spends",
};
const EDIT: Task = {
  question: `Rename average_temperature to mean_temperature and print the whole function again.\n\n${CODE}`,
  begun: "Here is the whole function:\n\n```python\ndef mean_temperature(readings, minimum, maximum):\n",
};
const TASKS = { summary: () => [SUMMARY], code: () => [EDIT], chat: chatsOf };

/** An engine with a model of its own, which nobody else writes to. */
interface Contestant {
  readonly subject: Subject;
  readonly engine: InferenceEngine;
}

/** Replies by the service's own engine, one at a time, with prompt lookup over without. */
export async function lookup(
  report: (result: Result) => void,
  { rounds = ROUNDS, detail }: Pick<SuiteOptions, "rounds" | "detail">,
): Promise<void> {
  const contestants = [await loadContestant(true), await loadContestant(false)];
  try {
    for (const [name, tasksOf] of Object.entries(TASKS)) {
      const [own, without]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        const tasks = tasksOf(round);
        const inTurn = [
          async () => own.push(await decodeRate(contestants[0]!, tasks, round)),
          async () => without.push(await decodeRate(contestants[1]!, tasks, round)),
        ];
        for (const measure of round % 2 === 0 ? inTurn : inTurn.toReversed()) await measure();
        detail(`${name} ${own.at(-1)!.toFixed(0)} with, ${without.at(-1)!.toFixed(0)} without`);
      }
      report(compare(`lookup-${name}`, "tokens/s", own, "engine without", without));
    }
  } finally {
    for (const { engine } of contestants) await engine.close();
  }
}

async function loadContestant(promptLookup: boolean): Promise<Contestant> {
  const subject = await loadSubject(MODEL);
  const { runner, tokenizer } = subject;
  const limits = { maxWaiting: 1, maxWaitingTokens: 10_000 };
  return { subject, engine: new InferenceEngine({ runner, model: engineModel(tokenizer), ...limits, promptLookup }) };
}

/** Everyday questions, others in each round. */
function chatsOf(round: number): readonly Task[] {
  const file = new URL("../model-quality/everyday-prompts.json", import.meta.url);
  const all: readonly string[] = JSON.parse(readFileSync(file, "utf8"));
  const question = (i: number) => all[(7 + 11 * (round * CHATS_A_ROUND + i)) % all.length]!;
  return Array.from({ length: CHATS_A_ROUND }, (_, i) => ({ question: question(i), begun: "" }));
}

/** Tokens decoded a second over the replies to some questions. */
async function decodeRate({ subject, engine }: Contestant, tasks: readonly Task[], seed: number): Promise<number> {
  let tokens = 0;
  let decodeMs = 0;
  for (const { question, begun } of tasks) {
    const { tokenIds, stop } = await promptOf(subject, single(question));
    const request = {
      promptTokenIds: [...tokenIds, ...subject.tokenizer.encode(begun)],
      cacheSalt: "",
      tenant: "",
      maxModelLen: MAX_MODEL_LEN,
      sampling: { ...samplingOf(subject), seed },
      stopping: { maxTokens: REPLY_TOKENS, stop, stopTokenIds: [], ignoreEos: false, ignoreRepetition: false },
      priority: 0,
      maxQueueTimeMs: undefined,
      timeBudgetMs: undefined,
      logprobs: undefined,
    };
    for await (const event of engine.generate(request, new AbortController().signal)) {
      if (event.type !== "finished") continue;
      tokens += event.completionTokens - 1;
      decodeMs += event.timings.decodeMs;
    }
  }
  return (1000 * tokens) / decodeMs;
}
