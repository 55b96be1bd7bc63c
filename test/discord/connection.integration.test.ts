import { createGate } from "@cria/bot-core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { AdvancingClock } from "../clock.ts";
import { shownLines } from "../shown-lines.ts";
import { DiscordRun } from "./discord-run.ts";

const runs: DiscordRun[] = [];

async function start(options?: Parameters<typeof DiscordRun.start>[0]): Promise<DiscordRun> {
  const run = await DiscordRun.start(options);
  runs.unshift(run);
  return run;
}

async function prepare(options?: Parameters<typeof DiscordRun.start>[0]): Promise<DiscordRun> {
  const run = await DiscordRun.prepare(options);
  runs.unshift(run);
  return run;
}

/** Lets the bot join a guild that is not on the shard of the run's own, of two. */
function joinOnAnotherShard({ server, guild }: DiscordRun, clock: AdvancingClock) {
  const shardOf = ({ id }: { readonly id: string }) => (BigInt(id) >> 22n) % 2n;
  let made = server.createGuild("another", false);
  while (shardOf(made.guild) === shardOf(guild)) {
    // A guild's shard is that of the millisecond in which it was made.
    clock.advance(1);
    made = server.createGuild("another", false);
  }
  server.addBot(made.guild);
  return made;
}

const words = (content: string) => content.replace(/\n?-# .*$/s, "");

describe("the connection to Discord", () => {
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.stop();
  });

  it("loses no message when it breaks", async () => {
    const run = await start();
    run.server.dropConnections();
    run.ann.mention(run.channel, "while away");
    expect(words((await run.ended()).json.content)).toBe("while away");
    expect(run.server.gateway.starts).toEqual(["identify", "resume"]);
  });

  it("goes on with a reply while it breaks", async () => {
    const run = await start();
    const gate = createGate();
    run.inference.script({ chunks: ["Begun"], hold: gate.opened });
    run.ann.mention(run.channel, "talk");
    await run.sees("Begun");
    run.server.dropConnections();
    await run.server.until(() => run.server.gateway.starts.length === 2, "a resume");
    gate.open();
    expect(words((await run.ended()).json.content)).toBe("Begun");
  });

  it("finds what a session that is gone has missed, in channels, threads and direct messages, once", async () => {
    const run = await start();
    const thread = run.ann.startThread(run.channel, "a thread");
    run.ann.mention(thread, "before");
    await run.ended(thread);
    run.ann.dm("before");
    await run.ended(run.ann.directChannel);
    run.server.forgetSessions();
    run.server.dropConnections();
    run.ann.mention(run.channel, "missed here");
    run.ann.say(thread, "missed in the thread");
    run.ann.dm("missed in private");
    await run.sees("missed here");
    await run.sees("missed in the thread", thread);
    await run.sees("missed in private", run.ann.directChannel);
    expect(run.inference.requests).toHaveLength(5);
  });

  it("finds what one shard has missed while another heard what came later", async () => {
    const clock = new AdvancingClock();
    const run = await prepare({ server: { clock, limits: { guildsPerShard: 1 } } });
    const other = joinOnAnotherShard(run, clock);
    await run.platform.start();
    const letBegin = run.server.gateway.holdConnections();
    run.server.gateway.loseSession(other.guild);
    other.owner.mention(other.channel, "missed");
    run.ann.mention(run.channel, "heard");
    await run.sees("heard");
    letBegin();
    await run.sees("missed", other.channel);
    expect(run.inference.requests).toHaveLength(2);
  });

  it("answers what came shortly before the start, unless it was answered", async () => {
    const first = await start();
    first.ann.mention(first.channel, "answered");
    await first.ended();
    await first.platform.stop(1_000);
    first.ann.mention(first.channel, "asked while nobody was there");
    const second = await start({ joins: first });
    await second.sees("asked while nobody was there");
    expect(second.inference.requests).toHaveLength(1);
  });

  it("answers who wrote directly before, and did again while nobody was there", async () => {
    const first = await start();
    first.ann.dm("hello");
    await first.ended(first.ann.directChannel);
    await first.platform.stop(1_000);
    first.ann.dm("are you there?");
    const second = await start({ joins: first });
    await second.sees("are you there?", first.ann.directChannel);
    expect(second.inference.requests).toHaveLength(1);
  });

  it("answers who has had all forgotten before, and wrote directly while nobody was there", async () => {
    const first = await start();
    first.ann.dm("hello");
    await first.ended(first.ann.directChannel);
    first.ann.dm("/reset");
    await first.sees("Forgot one round", first.ann.directChannel);
    await first.platform.stop(1_000);
    first.ann.dm("are you there?");
    const second = await start({ joins: first });
    await second.sees("are you there?", first.ann.directChannel);
  });

  it("finds what was missed in a channel that Discord fails to tell of for a while", async () => {
    const run = await prepare();
    run.ann.mention(run.channel, "asked while nobody was there");
    // As often as discord.js tries, twice.
    run.server.fail("GET", new RegExp(`^/channels/${run.channel.id}/messages$`), 500, { times: 12 });
    await run.platform.start();
    await run.sees("asked while nobody was there");
  });

  it("does not begin more sessions than Discord allows a day, and waits", async () => {
    const run = await prepare({ server: { limits: { identifies: { limit: 0, windowMs: 86_400_000 } } } });
    const isAborted = expect(run.platform.start()).rejects.toThrow("aborted");
    await expect.poll(() => run.logs.join("")).toMatch(/sessions remaining.*Trying again in 0.5 s/);
    await run.platform.stop(0);
    await isAborted;
    expect(run.server.gateway.starts).toEqual([]);
  });

  it("answers once Discord has told where the gateway is, after it has failed to six times", async () => {
    const run = await prepare();
    run.server.fail("GET", /^\/gateway\/bot$/, 500, { times: 6 });
    await run.platform.start();
    run.ann.mention(run.channel, "hello");
    expect(words((await run.ended()).json.content)).toBe("hello");
  });

  it("answers once sessions may begin again", async () => {
    const clock = new AdvancingClock();
    const identifies = { limit: 1, windowMs: 86_400_000 };
    const first = await start({ server: { clock, limits: { identifies } } });
    await first.platform.stop(0);
    const second = await prepare({ joins: first });
    const isStarted = second.platform.start();
    await expect.poll(() => second.logs.join("")).toMatch(/sessions remaining/);
    clock.advance(identifies.windowMs);
    await isStarted;
    second.ann.mention(second.channel, "hello");
    expect(words((await second.ended()).json.content)).toBe("hello");
  });

  it("goes on after a 401 that is none of the token's, and loses no word by it", async () => {
    const run = await start();
    run.server.fail("POST", /messages$/, 401);
    run.ann.mention(run.channel, "hello");
    expect(words((await run.ended()).json.content)).toBe("hello");
    run.server.fail("PATCH", /messages/, 401);
    run.ann.mention(run.channel, "again");
    await run.sees("again");
    expect(words((await run.ended()).json.content)).toBe("again");
    expect(run.lost).toEqual([]);
  });

  it("ends with what to mend once a request is refused because the token was reset", async () => {
    const run = await start();
    run.server.resetToken({ closes: false });
    run.ann.mention(run.channel, "hello");
    await expect.poll(() => run.lost).toEqual([expect.stringContaining("CRIA_DISCORD_TOKEN")]);
  });

  it("loses nothing where Discord's answer breaks off", async () => {
    const run = await start();
    run.server.breakOff("POST", /messages$/);
    run.server.breakOff("GET", /messages/);
    const asked = run.ann.say(run.channel, "Alpacas hum.");
    run.ann.mention(run.channel, "why?", { replyTo: asked });
    await run.ended();
    expect(run.server.botTexts(run.channel)).toHaveLength(1);
  });

  it.each([
    ["asks whom the token belongs to", "GET", "/users/@me"],
    ["asks where the gateway is", "GET", "/gateway/bot"],
  ])("does not connect any more when it is told to stop while it %s", async (_, method, path) => {
    const run = await prepare();
    const answer = run.server.hold(method, path);
    const isAborted = expect(run.platform.start()).rejects.toThrow("aborted");
    await answer.isAsked;
    const isStopped = run.platform.stop(0);
    answer.give();
    await isStopped;
    await isAborted;
    await run.server.until(() => run.server.gateway.connections.size === 0, "the end of all connections");
    expect(run.logs).toEqual([]);
  });

  it("tells of a wrong token in one line, with where to get a right one", async () => {
    const run = await prepare({ config: { token: "wrong.token.here" } });
    await expect(run.platform.start()).rejects.toThrow(
      /^Discord refuses the bot's token: .*https:\/\/discord.com\/developers\/applications → your app → Bot → Reset Token/,
    );
    expect(run.server.requests.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  it("waits for a Discord that cannot be reached, and says so", async () => {
    const run = await prepare();
    run.server.fail("GET", /^\/users\/@me$/, 503);
    await run.platform.start();
    expect(run.logs.join("")).toMatch(/Discord answers 503 just now.*Trying again in 0.5 s/);
    const away = await prepare({ config: { apiUrl: "http://127.0.0.1:9/api" } });
    const isAborted = expect(away.platform.start()).rejects.toThrow("aborted");
    await expect.poll(() => away.logs.join("")).toContain("Discord cannot be reached at http://127.0.0.1:9/api");
    await away.platform.stop(0);
    await isAborted;
  });

  it.each([
    [4004, /token/],
    [4010, /4010/],
    [4011, /2,500/],
    [4012, /update Cria/],
    [4013, /update Cria/],
    [4014, /Message Content intent .* Privileged Gateway Intents/],
  ] as const)("ends with what to mend after close code %i", async (code, sentence) => {
    const run = await start();
    run.server.closeConnections(code);
    await expect.poll(() => run.lost).toEqual([expect.stringMatching(sentence)]);
  });

  it("is lost when the owner resets the token", async () => {
    const run = await start();
    run.server.resetToken();
    await expect.poll(() => run.lost).toEqual([expect.stringContaining("CRIA_DISCORD_TOKEN")]);
  });

  it("opens as many shards as Discord asks for, and answers in all of them", async () => {
    const run = await prepare({ server: { limits: { guildsPerShard: 1 } } });
    const other = run.server.createGuild("another");
    await run.platform.start();
    run.ann.mention(run.channel, "here");
    other.owner.mention(other.channel, "there");
    await run.sees("here");
    await run.sees("there", other.channel);
    expect(run.server.gateway.sessions.size).toBe(2);
  });

  it("prints where to add the bot", async () => {
    const run = await start();
    const link = /https:\/\/discord.com\/oauth2\/authorize\?client_id=(\d+)&scope=bot&permissions=\d+/;
    expect(link.exec(run.logs.join(""))?.[1]).toBe(run.server.world.bot.id);
  });

  it("tells of each thing at the start in one line of npm start, with long ids and names too", async () => {
    const run = await prepare({ server: { privilegedIntents: 0 }, config: { guildIds: ["1234567890123456789"] } });
    run.server.world.bot.username = "A name of thirty-two characters.";
    await run.platform.start();
    expect(run.server.world.bot.id).toHaveLength(19);
    const lines = shownLines("discord", run.logs);
    expect(lines).toHaveLength(run.logs.length);
    expect(lines.filter(({ length }) => length > 160)).toEqual([]);
    expect(run.logs.join("")).toMatch(
      /could not be registered.*name of thirty-two.*Add it to.*intent is off.*Switch it/s,
    );
  });
});
