import { compare, type Result } from "../result.ts";
import { Service } from "../service.ts";
import type { SuiteOptions } from "../suite.ts";

const ROUNDS = 9;
/** About one token a word. */
const CONVERSATION_WORDS = 1_000;
const REPLY_TOKENS = 8;
const QUESTION = "And which of these hills is the highest of all, seen from here?\n";

/** The first token after a question of 15 tokens at the end of a conversation of 1,000: its beginning known, and never seen. */
export async function warmTtft(
  report: (result: Result) => void,
  { rounds = ROUNDS }: Pick<SuiteOptions, "rounds">,
): Promise<void> {
  const service = await Service.start();
  const warm: number[] = [];
  const cold: number[] = [];
  try {
    await ttftMs(service, conversation(-1));
    for (let round = 0; round < rounds; round++) {
      cold.push(await ttftMs(service, `${conversation(2 * round)}${QUESTION}`));
      const known = conversation(2 * round + 1);
      await service.generate(known, REPLY_TOKENS);
      warm.push(await ttftMs(service, `${known}${QUESTION}`));
    }
  } finally {
    await service.stop();
  }
  report(compare("warm-ttft", "ms", warm, "cold one", cold));
}

async function ttftMs(service: Service, prompt: string): Promise<number> {
  const startedAtMs = performance.now();
  return (await service.generate(prompt, REPLY_TOKENS)).firstTokenAtMs - startedAtMs;
}

/** Each number's begins otherwise. */
function conversation(number: number): string {
  const words = ["the", "river", "bends", "past", "old", "stones", "and", "small", "green", "hills"];
  const rest = Array.from(
    { length: CONVERSATION_WORDS },
    (_, index) => ` ${words[(index * 7 + number) % words.length]}`,
  );
  return `${number}${rest.join("")}.\n`;
}
