import { createGate } from "@cria/bot-core/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AdvancingClock } from "../clock.ts";
import { buttonLabels } from "../discord-server/index.ts";
import { DiscordRun, type DiscordRunOptions } from "./discord-run.ts";

const runs: DiscordRun[] = [];

async function start(options?: DiscordRunOptions): Promise<DiscordRun> {
  const run = await DiscordRun.start(options);
  runs.unshift(run);
  return run;
}

const words = (content: string) => content.replace(/\n?-# .*$/s, "");
const rounds = async ({ stores, guild, channel }: DiscordRun) =>
  (await stores.rounds.read(`discord:${guild.id}:${channel.id}`)).rounds.map(({ user }) => user);
const switchOn = async (run: DiscordRun, name: string) => {
  run.ann.mention(run.channel, `/setting ${name} on`);
  await run.sees(name);
};
/** Resolves when another question is answered: what happened before it has reached the bot. */
const goesOn = async (run: DiscordRun) => {
  run.ann.dm("still there?");
  await run.sees("still there?", run.ann.directChannel);
};

describe("what becomes of messages on Discord", () => {
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.stop();
  });

  it("is an answer where an edit adds the mention, once, by one of several processes", async () => {
    const run = await start();
    const other = await start({ joins: run });
    const named = (text: string) => `<@${run.server.world.bot.id}> ${text}`;
    const question = run.ann.say(run.channel, "how are you?");
    run.ann.edit(question, named("how are you?"));
    await run.sees("how are you?");
    run.ann.edit(question, named("how are you now?"));
    await goesOn(run);
    expect(run.server.botTexts(run.channel)).toHaveLength(1);
    const isAsked = ({ prompt }: { prompt: readonly { text: string }[] }) => /how are/.test(prompt.at(-1)!.text);
    expect([...run.inference.requests, ...other.inference.requests].filter(isAsked)).toHaveLength(1);
  });

  it("is an answer where an edit adds the mention to a message from before the start", async () => {
    const run = await DiscordRun.prepare();
    runs.push(run);
    const question = run.ann.say(run.channel, "how are you?");
    await run.platform.start();
    run.ann.edit(question, `<@${run.server.world.bot.id}> how are you?`);
    await run.sees("how are you?");
  });

  it("is no edit where Discord adds the preview of a link", async () => {
    const run = await start();
    const gate = createGate();
    run.inference.script({ chunks: ["Words"], hold: gate.opened });
    run.ann.mention(run.channel, "see https://example.com/page");
    await run.sees("Words");
    await goesOn(run);
    gate.open();
    await run.ended();
    expect(
      run.inference.requests.filter(({ prompt }) => prompt.some(({ text }) => text.includes("example"))),
    ).toHaveLength(1);
  });

  it("is forgotten with the bot's own message when somebody deletes that, whichever process wrote it", async () => {
    const run = await start();
    const other = await start({ joins: run });
    run.ann.mention(run.channel, "a secret");
    const reply = await run.ended();
    run.ann.mention(run.channel, "hello");
    await run.sees("hello");
    await run.ended();
    await expect.poll(() => rounds(run)).toEqual(["a secret", "hello"]);
    run.ann.delete(reply);
    await expect.poll(() => rounds(run)).toEqual(["hello"]);
    await run.platform.stop(0);
    const [last] = run.server.botMessages(run.channel);
    run.ann.delete(last!);
    await expect.poll(() => rounds(other)).toEqual([]);
  });

  it("is forgotten with any of the bot's own messages, also with one of before its start", async () => {
    const first = await start();
    const long = Array.from({ length: 600 }, (_, index) => `word${index}`).join(" ");
    first.inference.script({ chunks: [long] });
    first.ann.mention(first.channel, "a secret");
    await first.ended();
    first.ann.mention(first.channel, "hello");
    await first.sees("hello");
    await first.ended();
    await first.platform.stop(1_000);
    const next = await start({ joins: first });
    const [part, ...others] = next.server.botMessages(next.channel);
    expect(others).toHaveLength(3);
    next.ann.delete(part!);
    await expect.poll(() => rounds(next)).toEqual(["hello"]);
    next.ann.delete(others.at(-1)!);
    await expect.poll(() => rounds(next)).toEqual([]);
  });

  it.each([
    ["first", 0, 2],
    ["last", 2, 1],
  ])("is a reply that ends with a sign where its %s message is deleted while it is written", async (_, gone, last) => {
    const run = await start();
    const long = Array.from({ length: 600 }, (_, index) => `word${index}`).join(" ");
    run.inference.script({ chunks: [long], hold: createGate().opened });
    run.ann.mention(run.channel, "talk");
    await run.sees("word599");
    await goesOn(run);
    const parts = run.server.botMessages(run.channel);
    run.ann.delete(parts[gone]!);
    await run.server.until(() => parts[last]!.json.content.endsWith("\n-# Stopped."), "a sign");
    expect(buttonLabels(parts[last]!)).toEqual([]);
    expect(run.server.botMessages(run.channel)).toHaveLength(2);
  });

  it("is no question where it is deleted while it is looked up what is set in its channel", async () => {
    const run = await start();
    const [isAsked, isRead] = [createGate(), createGate()];
    const get = run.stores.settings.get.bind(run.stores.settings);
    const hold = async (key: string) => {
      if (!key.includes(run.channel.id)) return await get(key);
      isAsked.open();
      await isRead.opened;
      return await get(key);
    };
    vi.spyOn(run.stores.settings, "get").mockImplementation(hold);
    const question = run.ann.mention(run.channel, "a slip");
    await isAsked.opened;
    run.ann.delete(question);
    await goesOn(run);
    isRead.open();
    run.ann.mention(run.channel, "a question");
    await run.sees("a question");
    expect(run.inference.requests).toHaveLength(2);
  });

  it("is nothing to the memory of all processes where people delete what was between them", async () => {
    const clock = new AdvancingClock();
    const run = await start({ server: { clock } });
    // What was sent in the seconds around its start may be older than the process.
    clock.advance(5_000);
    const told = vi.spyOn(run.core, "handleDeletion");
    const chatter = Array.from({ length: 50 }, (_, number) => run.ann.say(run.channel, `chatter ${number}`));
    for (const message of chatter) run.ann.delete(message);
    await goesOn(run);
    expect(told).not.toHaveBeenCalled();
  });

  it("is asked of memory at once where many are deleted that are older than the process", async () => {
    const run = await DiscordRun.prepare();
    runs.push(run);
    const chatter = Array.from({ length: 50 }, (_, number) => run.ann.say(run.channel, `chatter ${number}`));
    await run.platform.start();
    const told = vi.spyOn(run.core, "handleDeletion");
    run.ann.deleteAll(run.channel, chatter);
    await expect.poll(() => told.mock.calls.map(([{ ids }]) => ids.length)).toEqual([50]);
  });

  it("shows no cards for the links in a reply, unless they are wanted", async () => {
    const run = await start();
    run.inference.script({ chunks: ["See https://example.com/a"] }, { chunks: ["See ", "https://example.com/b"] });
    run.ann.mention(run.channel, "a link");
    expect((await run.ended()).json.embeds).toEqual([]);
    await switchOn(run, "previews");
    run.ann.mention(run.channel, "another");
    await run.sees("https://example.com/b");
    expect((await run.ended()).json.embeds).toHaveLength(1);
  });

  it("shows a table as a code block with aligned columns", async () => {
    const run = await start();
    run.inference.script({ chunks: ["| Animal | Legs |\n|---|---|\n| Alpaca | 4 |\n| Bird | 2 |"] });
    run.ann.mention(run.channel, "a table");
    expect(words((await run.ended()).json.content)).toMatch(
      /^```\nAnimal {2}Legs\n-+ {2}-+\nAlpaca {2}4\nBird {4}2\n```$/,
    );
  });

  it("is an answer in a thread of its own where that is set, which goes on and is stopped and forgotten there", async () => {
    const run = await start();
    await switchOn(run, "threads");
    const question = run.ann.mention(run.channel, "tell me of alpacas\nplease");
    const thread = await run.server.until(() => run.server.world.channels.get(question.json.id), "a thread");
    expect(thread.name).toBe("tell me of alpacas");
    expect(words((await run.ended(thread)).json.content)).toContain("tell me of alpacas");
    run.inference.script({ chunks: ["Begun"], hold: new Promise(() => {}) });
    run.ann.say(thread, "and then?");
    await run.sees("Begun", thread);
    run.ann.press(run.server.botMessages(thread).at(-1)!, "Stop");
    await run.sees("Stopped.", thread);
    const conversation = `discord:${run.guild.id}:${run.channel.id}:${thread.id}`;
    await expect.poll(() => run.stores.rounds.count(conversation)).toBe(2);
    run.ann.delete(question);
    await expect.poll(() => run.stores.rounds.count(conversation)).toBe(1);
  });

  it.each(["", "a"])("names its thread by whole characters (%j before them)", async (before) => {
    const run = await start();
    await switchOn(run, "threads");
    const question = run.ann.mention(run.channel, before + "😀".repeat(60));
    const thread = await run.server.until(() => run.server.world.channels.get(question.json.id), "a thread");
    expect(thread.name).toMatch(/😀…$/u);
  });

  it("is an answer in the channel where the bot may open no thread", async () => {
    const run = await start();
    await switchOn(run, "threads");
    run.server.denyBot(run.channel, "CreatePublicThreads");
    run.ann.mention(run.channel, "hello");
    await run.sees("hello");
  });

  it("is an answer without a mention where that is set, except for what calls others", async () => {
    const run = await start();
    const bob = run.server.addPerson("Bob", run.guild);
    await switchOn(run, "answer-all");
    run.ann.say(run.channel, `<@${bob.id}> for you`);
    run.ann.say(run.channel, "who is there?");
    await run.sees("who is there?");
    expect(run.inference.requests).toHaveLength(1);
  });
});
