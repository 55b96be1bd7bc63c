import type { SamplingParams } from "../../services/inference/src/engine/sampling/sampling-params.ts";
import answers from "./everyday-answers.json" with { type: "json" };
import prompts from "./everyday-prompts.json" with { type: "json" };
import { createEngine, type Reply, reply, samplingOf, single } from "./replies.ts";
import { loadSubject, type Subject } from "./subject.ts";

/** One setting to try: what it leaves out is the model's own. */
interface Candidate {
  readonly sampling: Partial<Omit<SamplingParams, "seed">>;
  /** Persona; "" for the chat template's own. */
  readonly system: string;
}

const SHORT = "You are Cria, a friendly assistant in a chat. Answer in a few short sentences.";
const HELPFUL = "You are a helpful AI assistant named Cria. Answer in a few short sentences.";
const CRIA = "You are Cria, a helpful AI assistant. Answer in a few short sentences.";
const ORIGIN = { temperature: 0.8, topP: 0.95, repetitionPenalty: 1, frequencyPenalty: 0, minP: 0 };
const CANDIDATES: readonly Candidate[] = [
  { system: "", sampling: ORIGIN },
  { system: "", sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9 } },
  { system: "", sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9, repetitionPenalty: 1.1 } },
  { system: SHORT, sampling: ORIGIN },
  { system: SHORT, sampling: { ...ORIGIN, temperature: 0.6, topP: 0.9 } },
  { system: SHORT, sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9 } },
  { system: SHORT, sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9, repetitionPenalty: 1.05 } },
  { system: SHORT, sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9, repetitionPenalty: 1.1 } },
  { system: SHORT, sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9, repetitionPenalty: 1.15 } },
  { system: SHORT, sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9, frequencyPenalty: 0.3 } },
  { system: SHORT, sampling: { ...ORIGIN, temperature: 0.6, topP: 1, minP: 0.1 } },
  { system: HELPFUL, sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9, repetitionPenalty: 1.1 } },
  { system: HELPFUL, sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9, frequencyPenalty: 0.3 } },
  {
    system: HELPFUL,
    sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9, repetitionPenalty: 1.05, frequencyPenalty: 0.2 },
  },
  { system: CRIA, sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9, repetitionPenalty: 1.1 } },
  {
    system: CRIA,
    sampling: { ...ORIGIN, temperature: 0.2, topP: 0.9, repetitionPenalty: 1.05, frequencyPenalty: 0.2 },
  },
];

// Usage: npx tsx bench/model-quality/sampling-sweep.ts [MODEL [FIRST_SEED]]   (each prompt has the next seed)
const [model = "smollm2-135m", firstSeed = "0"] = process.argv.slice(2);
const subject = withoutPersona(await loadSubject(model));
const engine = createEngine(subject);
console.log("ended by itself | repetition guard | right of those with one answer | tokens | setting");
for (const { sampling, system } of CANDIDATES) {
  const full = { ...samplingOf(subject), ...sampling };
  const replies = await Promise.all(
    prompts.map((prompt, index) =>
      reply(engine, subject, { ...single(prompt), system }, { sampling: { ...full, seed: Number(firstSeed) + index } }),
    ),
  );
  console.log(`${summary(replies)} | ${JSON.stringify({ ...sampling, system })}`);
}
await engine.close();

/** The model's own persona would stand in for the one that is left out. */
function withoutPersona(subject: Subject): Subject {
  const { system: _, ...manifest } = subject.folder.manifest;
  return { ...subject, folder: { ...subject.folder, manifest } };
}

function summary(replies: readonly Reply[]): string {
  const share = (matches: (one: Reply, index: number) => boolean, of = replies.length): string =>
    (replies.filter(matches).length / of).toFixed(2);
  const tokens = replies.reduce((sum, one) => sum + one.tokens, 0) / replies.length;
  return [
    share(({ reason }) => reason === "eos" || reason === "stop"),
    share(({ reason }) => reason === "repetition"),
    share(({ text }, index) => isRight(prompts[index]!, text), Object.keys(answers).length),
    tokens.toFixed(0),
  ].join(" | ");
}

function isRight(prompt: string, text: string): boolean {
  const answer = (answers as Readonly<Record<string, string>>)[prompt];
  return answer !== undefined && new RegExp(answer, "i").test(text);
}
