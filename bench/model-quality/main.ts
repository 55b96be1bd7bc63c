import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../../deploy/settings.ts";
import { loadOnnxModelRunner } from "../../services/inference/src/runtime/onnx-model-runner.ts";
import { makeExactCopy } from "../../services/inference/src/tools/onnx/exact-copy.fixture.ts";
import { replaceBetweenMarkers } from "../write-table.ts";
import prompts from "./everyday-prompts.json" with { type: "json" };
import { compareLogits, decodeWith, type LogitsComparison, type Reference, readReference } from "./logits.ts";
import { createEngine, type Reply, reply, samplingOf, single } from "./replies.ts";
import { loadSubject } from "./subject.ts";

const MODEL = "smollm2-135m";
const VARIANT = "smollm2-135m-few-shot";
/** Float32 products decode at a tenth of the speed. */
const EXACT_TOKENS = 256;
const CARD = path.join(ROOT, "models", MODEL, "README.md");
const USAGE = "Usage: npx tsx bench/model-quality/main.ts REFERENCE.bin   (made by reference.py; see there)";

const [referenceFile] = process.argv.slice(2);
if (referenceFile === undefined) {
  console.error(USAGE);
  process.exit(1);
}

const reference = readReference(referenceFile);
const fast = await compareFolder(path.join(ROOT, "models", MODEL), reference);
const exact = await compareExact({ ...reference, tokenIds: reference.tokenIds.slice(0, EXACT_TOKENS) });
const rows = [
  ...logitsRows(fast, exact),
  ...repliesRows("by the chat template: replies that end by themselves", await everydayReplies(MODEL)),
  ...repliesRows(
    `by examples alone (\`${VARIANT}\`): replies that end by themselves or at their stop string, the next turn's title`,
    await everydayReplies(VARIANT),
  ),
];
const table = ["| | |", "|---|---|", ...rows.map(([what, value]) => `| ${what} | ${value} |`)].join("\n");
console.log(table);
await writeFile(CARD, replaceBetweenMarkers(await readFile(CARD, "utf8"), "model-quality", table));

async function compareFolder(folder: string, to: Reference): Promise<LogitsComparison> {
  const graphFile = path.join(folder, "model.onnx");
  const runner = await loadOnnxModelRunner({ graphFile, maxNumSeqs: 1, maxModelLen: 2048, device: "cpu" });
  const comparison = await compareLogits(to, decodeWith(runner));
  await runner.close();
  return comparison;
}

async function compareExact(to: Reference): Promise<LogitsComparison> {
  const copy = makeExactCopy(path.join(ROOT, "models", MODEL));
  try {
    return await compareFolder(copy.folder, to);
  } finally {
    copy.remove();
  }
}

async function everydayReplies(model: string): Promise<readonly Reply[]> {
  const subject = await loadSubject(model);
  const engine = createEngine(subject);
  const sampling = samplingOf(subject);
  const replies = await Promise.all(
    prompts.map((prompt, seed) => reply(engine, subject, single(prompt), { sampling: { ...sampling, seed } })),
  );
  await engine.close();
  return replies;
}

function logitsRows(fast: LogitsComparison, exact: LogitsComparison): [string, string][] {
  return [
    ["Perplexity of our text, PyTorch in float32 on the same weights", fast.referencePerplexity.toFixed(3)],
    ["Perplexity of our text here", fast.perplexity.toFixed(3)],
    ["Divergence from PyTorch, mean of all positions", `${fast.divergence.toFixed(4)} nats`],
    ["Likeliest token the same as PyTorch's", percent(fast.sameTop)],
    ["Largest difference of a logit, products in float32", exact.largestDifference.toExponential(1)],
  ];
}

/** `ends` says how they were asked, and what counts as an end. */
function repliesRows(ends: string, replies: readonly Reply[]): [string, string][] {
  const share = (reasons: readonly string[]): string =>
    percent(replies.filter(({ reason }) => reasons.includes(reason)).length / replies.length);
  const tokens = replies.reduce((sum, one) => sum + one.tokens, 0) / replies.length;
  return [
    [`${replies.length} everyday prompts ${ends}`, share(["eos", "stop"])],
    ["… cut at the token limit", share(["maxTokens"])],
    ["… ended by the repetition guard", share(["repetition"])],
    ["… tokens of a reply, on average", tokens.toFixed(0)],
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
