import { measured, type Result } from "../result.ts";
import { Service } from "../service.ts";
import { longPrompt } from "./model-speed.ts";

const ROUNDS = 7;

/** The longest gap of the service's event loop while it reads a prompt of 500 tokens. */
export async function eventLoop(report: (result: Result) => void): Promise<void> {
  const service = await Service.start();
  const gaps: number[] = [];
  try {
    await service.generate(longPrompt(ROUNDS), 1);
    for (let round = 0; round < ROUNDS; round++)
      gaps.push(await service.longestGapMs(() => service.generate(longPrompt(round), 1)));
  } finally {
    await service.stop();
  }
  report(measured("event-loop", "ms", gaps));
}
