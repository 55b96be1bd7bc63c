import { durationToMs } from "@cria/proto";
import { measured, type Result } from "../result.ts";
import { Service } from "../service.ts";

const ROUNDS = 5;
const DECODE_TOKENS = 128;
const SHORT_PROMPT = "The story of a young alpaca begins in the mountains of Peru, where";
const PREFILL_WORDS = 500;

/** Decoding, a pass for each token, and prefill of one reply as the service tells them, and the time to load the model. */
export async function modelSpeed(report: (result: Result) => void): Promise<void> {
  const service = await Service.start();
  const decode: number[] = [];
  const prefill: number[] = [];
  const load: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await service.unload();
      load.push(await service.load());
      await service.generate(SHORT_PROMPT, 8); // The first steps after a load are slower.
      const reply = (await service.generate(SHORT_PROMPT, DECODE_TOKENS)).finished;
      decode.push(((reply.usage!.completionTokens - 1) * 1000) / durationToMs(reply.timings!.decode));
      const reading = (await service.generate(longPrompt(round), 1)).finished;
      prefill.push((reading.usage!.promptTokens * 1000) / durationToMs(reading.timings!.prefill));
    }
  } finally {
    await service.stop();
  }
  report(measured("model-speed-decode", "tokens/s", decode));
  report(measured("model-speed-prefill", "tokens/s", prefill));
  report(measured("model-speed-load", "s", load));
}

/** About one token a word; each round another beginning, so that no cache can help. */
export function longPrompt(round: number): string {
  const words = ["the", "river", "bends", "past", "old", "stones", "and", "small", "green", "hills"];
  return `${round}${Array.from({ length: PREFILL_WORDS - 2 }, (_, index) => ` ${words[(index * 7 + round) % words.length]}`).join("")}`;
}
