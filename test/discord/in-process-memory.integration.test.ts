import { createGate } from "@cria/bot-core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { DiscordRun, type DiscordRunOptions } from "./discord-run.ts";
import { openMemoryStores } from "./stores.ts";

let run: DiscordRun;

const stores = openMemoryStores();
const start = async (options: DiscordRunOptions = {}) => {
  run = await DiscordRun.start({ ...options, core: { stores } });
};
const words = (content: string) => content.replace(/\n?-# .*$/s, "");

describe("a bot on Discord without a Redis", () => {
  afterEach(() => run.stop());

  it("remembers what was said", async () => {
    await start();
    run.ann.mention(run.channel, "first");
    await run.ended();
    run.ann.mention(run.channel, "second");
    await run.sees("second");
    await expect.poll(() => stores.rounds.count(`discord:${run.guild.id}:${run.channel.id}`)).toBe(2);
  });

  it("says how many are ahead, and answers one after another", async () => {
    await start();
    const gate = createGate();
    run.inference.script({ hold: gate.opened, chunks: ["One."] }, { chunks: ["Two."] });
    run.ann.mention(run.channel, "1");
    await run.sees("One.");
    run.ann.mention(run.channel, "2");
    await run.sees("1 ahead of you…");
    gate.open();
    await run.sees("Two.");
    expect(run.server.botTexts(run.channel).map(words)).toEqual(["One.", "Two."]);
  });

  it("ends what it writes when it is told to stop", async () => {
    await start();
    run.inference.script({ chunks: ["Begun"], hold: createGate().opened });
    run.ann.mention(run.channel, "talk");
    await run.sees("Begun");
    await run.platform.stop(1_000);
    expect(run.server.botTexts(run.channel)).toEqual(["Begun\n-# Stopped."]);
  });

  it("answers for itself where another application answers the same message", async () => {
    await start();
    const claim = stores.inbox.claim.bind(stores.inbox);
    stores.inbox.claim = async (entry) => {
      await claim({ ...entry, place: { ...entry.place, writer: "another" } });
      return await claim(entry);
    };
    run.ann.mention(run.channel, "both of you");
    await run.sees("both of you");
    run.ann.mention(run.channel, "/help");
    await run.sees("/compare");
  });
});
