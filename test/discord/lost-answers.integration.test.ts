import { createGate, fakeModel, hasRedisServer } from "@cria/bot-core/testing";
import { ModelState } from "@cria/proto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { buttonLabels } from "../discord-server/index.ts";
import { DiscordRun } from "./discord-run.ts";

const runs: DiscordRun[] = [];

async function start(options?: Parameters<typeof DiscordRun.start>[0]): Promise<DiscordRun> {
  const run = await DiscordRun.start(options);
  runs.unshift(run);
  return run;
}

const CALLBACK = /callback$/;

describe("where a deletion is done and its confirmation is lost", () => {
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.stop();
  });

  it("a refused command is told of all the same", async () => {
    const run = await start({ core: { quotaLimits: { userMessagesPerMinute: 0 } } });
    run.inference.models = [fakeModel(), fakeModel({ name: "other", isDefault: false })];
    run.server.breakOff("DELETE", /original$/);
    run.ann.slash(run.channel, "compare", { first: "fake", second: "other", question: "why?" });
    const note = () => run.server.seen(run.channel, run.ann).find(({ json }) => json.content.includes("in a minute"));
    expect((await run.server.until(note, "a refusal")).ephemeralFor).toBe(run.ann.id);
  });

  it("a reply that says nothing leaves the older one its buttons", async () => {
    const run = await start();
    run.inference.script({ chunks: ["First."] });
    run.ann.mention(run.channel, "talk");
    const first = await run.ended();
    run.inference.models = [fakeModel({ state: ModelState.AVAILABLE })];
    run.inference.loadSteps = [{ loadedBytes: 1, totalBytes: 2 }];
    run.inference.loadHold = createGate().opened;
    run.ann.press(first, "Regenerate");
    await run.sees("Loading fake");
    await run.server.until(() => buttonLabels(first).length === 0, "no buttons");
    run.server.breakOff("DELETE", /messages\/\d+$/);
    run.ann.press(run.server.botMessages(run.channel)[1]!, "Stop");
    await run.server.until(() => buttonLabels(first).length > 0, "the buttons");
  });
});

/** What is done, and then not confirmed. */
const LOSSES = [
  ["cut off", ({ server }: DiscordRun) => server.breakOff("POST", CALLBACK)],
  ["a failure", ({ server }: DiscordRun) => server.fail("POST", CALLBACK, 500, { isDone: true })],
] as const;

describe.each(LOSSES)("where the first answer to an interaction is done and its confirmation is %s", (_, lose) => {
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.stop();
  });

  it("a command is answered", async () => {
    const run = await start();
    lose(run);
    const asked = run.ann.slash(run.channel, "status");
    await run.server.until(() => asked.original?.json.content, "the status");
  });

  it("a command that is refused at once is told so", async () => {
    const run = await start();
    lose(run);
    const asked = run.ann.slash(run.channel, "system", { persona: "x", where: "workspace" });
    await run.server.until(() => asked.original?.json.content, "a refusal");
  });

  it("Stop stops", async () => {
    const run = await start();
    run.inference.script({ chunks: ["Begun"], hold: createGate().opened });
    run.ann.mention(run.channel, "talk");
    await run.sees("Begun");
    lose(run);
    run.ann.press(run.server.botMessages(run.channel)[0]!, "Stop");
    expect((await run.ended()).json.content).toBe("Begun\n-# Stopped.");
  });

  it("Regenerate answers again, and the older reply's buttons go", async () => {
    const run = await start();
    run.inference.script({ chunks: ["First."] }, { chunks: ["Second."] });
    run.ann.mention(run.channel, "talk");
    const first = await run.ended();
    lose(run);
    run.ann.press(first, "Regenerate");
    await run.sees("Second.");
    await run.server.until(() => buttonLabels(first).length === 0, "no buttons");
  });

  it.skipIf(!hasRedisServer(process.env.PATH ?? ""))("one of several processes does what was asked", async () => {
    const run = await start();
    await start({ joins: run });
    for (const { inference } of runs) inference.script({ chunks: ["Words."] }, { chunks: ["Other words."] });
    const claims = runs.map(({ core }) => vi.spyOn(core, "claim"));
    run.ann.mention(run.channel, "talk");
    const first = await run.ended();
    lose(run);
    run.ann.press(first, "Regenerate");
    await run.server.until(() => run.server.botMessages(run.channel).length === 2, "another reply");
    await run.ended();
    await expect.poll(() => claims.map(({ mock }) => mock.results.length)).toEqual([1, 1]);
    const given = await Promise.all(claims.map(({ mock }) => mock.results[0]!.value));
    expect(given.map(({ type }) => type).sort()).toEqual(["claimed", "taken"]);
    expect(run.server.seen(run.channel, run.ann).filter(({ ephemeralFor }) => ephemeralFor)).toEqual([]);
  });
});
