import { describe, expect, it } from "vitest";
import { latenciesOf, pointResults } from "./arrival-latencies.ts";
import type { Completion } from "./engine.ts";

const reply = (askedAtMs: number, ...arrivalsMs: number[]): Completion => ({
  text: "",
  askedAtMs,
  arrivals: arrivalsMs.map((atMs) => ({ atMs, numTokens: 1 })),
  finishedAtMs: arrivalsMs.at(-1)!,
  promptTokens: 1,
});

describe("latenciesOf", () => {
  it("counts first tokens from asking and the others from the one before, and what came in good time", () => {
    const replies = [
      reply(0, 200, 250, 350),
      reply(100, 1100, 1110), // The first token after a whole second: still in good time.
      reply(0, 1001, 1002), // Too late.
      reply(0, 100, 400), // Too slow.
    ];
    expect(latenciesOf(replies)).toEqual({ ttftP50: 200, ttftP99: 1001, itlP50: 50, itlP99: 300, goodput: 50 });
  });

  it("has several tokens that came at once share the wait for them", () => {
    const draft = {
      ...reply(0, 100),
      arrivals: [
        { atMs: 100, numTokens: 1 },
        { atMs: 400, numTokens: 4 },
      ],
    };
    expect(latenciesOf([draft])).toMatchObject({ itlP50: 75, itlP99: 75, goodput: 100 });
  });

  it("takes a reply of one token", () => {
    expect(latenciesOf([reply(5, 10), reply(0, 5, 10)]).goodput).toBe(100);
  });
});

describe("pointResults", () => {
  const latencies = { ttftP50: 1, ttftP99: 2, itlP50: 3, itlP99: 4, goodput: 50 };

  it("gives no ratio to nothing", () => {
    const llama = { ...latencies, goodput: 0, ttftP99: 8 };
    const results = pointResults({ percent: 70, requestsPerSecond: 1, requests: 9, cria: latencies, llama });
    expect(results.find(({ name }) => name === "arrivals-70-ttft-p99")!.ratio).toBe(0.25);
    const goodput = results.find(({ name }) => name === "arrivals-70-goodput")!;
    expect(goodput).toEqual({
      name: "arrivals-70-goodput",
      value: 50,
      unit: "% of the requests",
      peer: "llama.cpp",
      peerValue: 0,
    });
  });
});
