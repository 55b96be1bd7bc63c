import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FewShotFormat, PromptSegment } from "@cria/proto";
import type { Conversation } from "../../bots/core/src/prompt/conversation.ts";
import { fewShotPrompt } from "../../bots/core/src/prompt/few-shot.ts";
import { toSegments } from "../../bots/core/src/prompt/segments.ts";
import { ROOT } from "../../deploy/settings.ts";
import { watchMachineLoad } from "../machine-load.ts";
import { sentences } from "../peers/sentences.ts";
import { compare, type Result } from "../result.ts";
import { GREEDY, Service, type TimedReply } from "../service.ts";
import type { SuiteOptions } from "../suite.ts";

const ROUNDS = 5;
const QUESTIONS = 6;
const QUESTION_WORDS = 12;
const REPLY_TOKENS = 40;
/** What each reply was let write before it was cut. */
const ORIGIN_TOKENS = 256;
const FEW_SHOT = join(ROOT, "models/smollm2-135m-few-shot/cria.json");

/** Who is asked for a reply, and how many tokens are written. */
interface Way {
  readonly service: Service;
  readonly maxTokens: number;
}

/**
 * Answers a minute in the few-shot conversation, beside the way in which such bots were first built: the whole history read
 * anew each time, 256 tokens written, and what follows the reply cut off afterwards. Both on our engine, in turn;
 * the origin's has no prefix cache.
 */
export async function origin(
  report: (result: Result) => void,
  { rounds = ROUNDS }: Pick<SuiteOptions, "rounds">,
): Promise<void> {
  const format: FewShotFormat = JSON.parse(await readFile(FEW_SHOT, "utf8")).promptFormat;
  const ways: Way[] = [
    { service: await Service.start(), maxTokens: REPLY_TOKENS },
    { service: await Service.start({ CRIA_PREFIX_CACHE: "0" }), maxTokens: ORIGIN_TOKENS },
  ];
  const rates: [number[], number[]] = [[], []];
  try {
    for (const { service } of ways) await service.generate("Hello", ORIGIN_TOKENS); // The first steps after a load are slower.
    const load = watchMachineLoad(
      "origin",
      ways.map(({ service }) => service.pid),
    );
    for (let round = 0; round < rounds; round++)
      for (const [i, way] of ways.entries()) rates[i]!.push(await answersAMinute(way, format, round));
    report(compare("origin", "answers/min", rates[0], "origin's way", rates[1]));
    const result = load();
    if (result) report(result);
  } finally {
    for (const { service } of ways) await service.stop();
  }
}

async function answersAMinute({ service, maxTokens }: Way, format: FewShotFormat, seed: number): Promise<number> {
  const startedAtMs = performance.now();
  const rounds: { user: string; assistant: string }[] = [];
  for (let question = 0; question < QUESTIONS; question++) {
    const user = sentences(seed * QUESTIONS + question, QUESTION_WORDS);
    const prompt = promptOf(format, { system: "", rounds, message: { user }, isMerged: false });
    const more = { prompt, sampling: GREEDY, cacheSalt: `${seed}` };
    rounds.push({ user, assistant: beginning(await service.generate("", maxTokens, more)) });
  }
  return (QUESTIONS * 60_000) / (performance.now() - startedAtMs);
}

function promptOf(format: FewShotFormat, conversation: Conversation): PromptSegment[] {
  return toSegments(fewShotPrompt({ ...format, humanTitle: "Human", aiTitle: "AI" }, conversation).parts);
}

/** The reply's first tokens: what both ways show and remember. */
function beginning({ arrivals }: TimedReply): string {
  let tokens = 0;
  const shown = arrivals.filter((arrival) => {
    tokens += arrival.tokens;
    return tokens <= REPLY_TOKENS;
  });
  return shown.map(({ text }) => text).join("");
}
