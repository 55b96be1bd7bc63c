import { createGate } from "@cria/bot-core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { AdvancingClock } from "../clock.ts";
import { DiscordRun } from "./discord-run.ts";

const runs: DiscordRun[] = [];

async function start(options?: Parameters<typeof DiscordRun.start>[0]): Promise<DiscordRun> {
  const run = await DiscordRun.start(options);
  runs.unshift(run);
  return run;
}

/** What was asked, without who asked it. */
const prompts = (run: DiscordRun) =>
  run.inference.requests.map(({ prompt }) => prompt.map(({ text }) => text.replace(/^Ann: /, "")).join(""));
const words = (content: string) => content.replace(/\n?-# .*$/s, "");
const file = (name: string, text: string, contentType = "text/plain") => ({
  name,
  contentType,
  bytes: Buffer.from(text),
});

describe("messages on Discord", () => {
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.stop();
  });

  it("are answered in direct messages without a mention", async () => {
    const run = await start();
    run.ann.dm("hello there");
    expect(words((await run.ended(run.ann.directChannel)).json.content)).toBe("hello there");
  });

  it("are left alone where nobody calls the bot, and from other bots", async () => {
    const run = await start();
    run.ann.say(run.channel, "just talking");
    const otherBot = run.server.addPerson("robot", run.guild);
    Object.assign(otherBot.user, { bot: true });
    otherBot.mention(run.channel, "hello");
    run.ann.mention(run.channel, "you");
    await run.ended();
    expect(prompts(run)).toEqual(["you"]);
  });

  it("lose the bot's name at their ends and keep it elsewhere; others' names are spelled out", async () => {
    const run = await start();
    const bob = run.server.addPerson("Bob", run.guild);
    run.ann.mention(run.channel, `what does <@${bob.id}> think of \`<@${run.server.world.bot.id}>\`?`);
    await run.ended();
    expect(prompts(run)).toEqual([`what does @Bob think of \`<@${run.server.world.bot.id}>\`?`]);
  });

  it("do not call the bot from within code", async () => {
    const run = await start();
    run.ann.say(run.channel, `\`<@${run.server.world.bot.id}>\` is how one calls it`);
    run.ann.mention(run.channel, "now");
    await run.ended();
    expect(prompts(run)).toEqual(["now"]);
  });

  it("go on in a thread without a new mention once the bot is in it, unless they call somebody else", async () => {
    const run = await start();
    const bob = run.server.addPerson("Bob", run.guild);
    const thread = run.ann.startThread(run.channel, "a thread");
    run.ann.say(thread, "not for you");
    run.ann.mention(thread, "come here");
    await run.ended(thread);
    run.ann.say(thread, `<@${bob.id}> look`);
    run.ann.say(thread, "and now?");
    await run.sees("and now?", thread);
    expect(prompts(run)).toHaveLength(2);
  });

  it("are no call for the bot where they were written in a thread before it was in it, also after a restart", async () => {
    const clock = new AdvancingClock();
    const first = await start({ server: { clock } });
    const thread = first.ann.startThread(first.channel, "a thread");
    first.ann.say(thread, "not for you");
    clock.advance(1_000);
    first.ann.mention(thread, "come here");
    await first.ended(thread);
    await first.platform.stop(0);
    first.ann.say(thread, "and now?");
    const second = await start({ joins: first });
    await second.sees("and now?", thread);
    expect(prompts(second)).toHaveLength(1);
  });

  it("need a mention in threads where that is configured", async () => {
    const run = await start({ config: { followsThreads: false } });
    const thread = run.ann.startThread(run.channel, "a thread");
    run.ann.mention(thread, "first");
    await run.ended(thread);
    run.ann.say(thread, "not for you");
    run.ann.mention(thread, "second");
    await run.sees("second", thread);
    expect(prompts(run)).toHaveLength(2);
  });

  it("need a mention in threads where the intent is off; the log says where to switch it on", async () => {
    const run = await start({ server: { privilegedIntents: 0 } });
    expect(run.logs.join("")).toMatch(
      /Message Content intent is off.*Switch it on.*https:\/\/discord.com\/developers/s,
    );
    const thread = run.ann.startThread(run.channel, "a thread");
    run.ann.mention(thread, "first");
    await run.ended(thread);
    run.ann.say(thread, "unseen");
    run.ann.dm("private");
    await run.ended(run.ann.directChannel);
    expect(prompts(run)).toEqual(["first", "private"]);
  });

  it("call the bot by replying to it; its own text is no quote, memory has it", async () => {
    const run = await start();
    run.ann.mention(run.channel, "one");
    const reply = await run.ended();
    run.ann.say(run.channel, "two", { replyTo: reply });
    await run.sees("two");
    expect(prompts(run)).toEqual(["one", "two"]);
  });

  it("may be a mention and nothing else", async () => {
    const run = await start();
    run.ann.mention(run.channel, "");
    await run.sees("Write me something");
  });

  it("bring the text they reply to, and their text files", async () => {
    const run = await start();
    const bob = run.server.addPerson("Bob", run.guild);
    const quoted = bob.say(run.channel, "Alpacas are kept for their wool.");
    const files = [file("notes.txt", "Llamas carry loads.")];
    run.ann.mention(run.channel, "compare", { replyTo: quoted, files });
    await run.ended();
    expect(prompts(run)[0]).toContain("Alpacas are kept for their wool.");
    expect(prompts(run)[0]).toContain("Llamas carry loads.");
  });

  it("get a clear sentence for files of other kinds", async () => {
    const run = await start();
    run.ann.mention(run.channel, "what is this?", { files: [file("alpaca.png", "\u0089PNG", "image/png")] });
    expect((await run.ended()).json.content + prompts(run).join("")).toContain("alpaca.png");
  });

  it("may name everyone; the answer pings nobody", async () => {
    const run = await start();
    run.server.giveRole(run.guild, run.ann, "staff", "MentionEveryone");
    run.ann.mention(run.channel, "say @everyone and @here");
    const reply = await run.ended();
    expect(words(reply.json.content)).toBe("say @everyone and @here");
    expect(reply.pings).toEqual({ everyone: false, users: [], roles: [] });
  });

  it("may have 10,000 characters", async () => {
    const run = await start();
    const files = [file("long.txt", "word ".repeat(2_000))];
    run.ann.mention(run.channel, "x".repeat(1_900), { files });
    await run.ended();
    expect(prompts(run)[0]!.length).toBeGreaterThan(10_000);
  });

  it("may be commands by words", async () => {
    const run = await start();
    run.ann.mention(run.channel, "/modle other");
    await run.sees("`/model`");
    run.ann.mention(run.channel, "/model fake");
    await run.sees("answers here from now on");
    expect(prompts(run)).toEqual([]);
  });

  it("are answered once by three processes that share their memory", async () => {
    const first = await start();
    const others = [await start({ joins: first }), await start({ joins: first })];
    first.ann.mention(first.channel, "hello");
    await first.ended();
    first.ann.mention(first.channel, "/help");
    await first.sees("/status");
    expect(first.server.botMessages(first.channel)).toHaveLength(2);
    expect([first, ...others].flatMap(prompts)).toHaveLength(1);
  });

  it("are stopped by any process", async () => {
    const first = await start();
    const second = await start({ joins: first });
    for (const { inference } of [first, second]) inference.script({ chunks: ["Begun"], hold: createGate().opened });
    first.ann.mention(first.channel, "talk");
    await first.sees("Begun");
    first.ann.press(first.server.botMessages(first.channel)[0]!, "Stop");
    expect((await first.ended()).json.content).toContain("Stopped.");
  });
});
