import { BotError } from "@cria/bot-core";
import { createGate } from "@cria/bot-core/testing";
import { FinishReason } from "@cria/proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Message, shownText } from "../slack-server/world/world.ts";
import { repliesTo, smallPrint } from "./replies-to.ts";
import { type SlackBot, startSlackBot } from "./slack-bot.ts";

let bot: SlackBot;

beforeEach(async () => {
  bot = await startSlackBot();
});

afterEach(async () => {
  await bot.close();
});

const replies = async (question: Message, most = 1) => (await repliesTo(bot.server, question, most)).map(shownText);

describe("a reply on Slack", () => {
  it("is streamed, then stands over its figures and buttons", async () => {
    const gate = createGate();
    bot.model.script({ chunks: ["Hello "], hold: gate.opened });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    expect(bot.server.replies(question)[0]!.streamingSinceMs).toBeDefined();
    gate.open();
    const [reply] = await repliesTo(bot.server, question);
    expect(reply!.blocks.map(({ type }) => type)).toEqual(["markdown", "context", "actions"]);
    expect(smallPrint(reply)).toContain("small · 0.01 s to first token");
    expect(bot.server.calls("chat.update")).toEqual([]);
    expect(bot.refusals()).toEqual([]);
  });

  it("goes on by updates of its message when its stream is over five minutes old", async () => {
    const gate = createGate();
    bot.model.script({ chunks: ["The first part. ", "The second."], hold: gate.opened });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    bot.clock.advance(300_000);
    gate.open();
    expect(await replies(question)).toEqual(["The first part. The second."]);
    expect(bot.refusals()).toEqual([["chat.stopStream", "message_not_in_streaming_state"]]);
  });

  it("goes on by updates within Slack's limits, whatever has to be escaped", async () => {
    const gate = createGate();
    const text = "<b>&</b> ".repeat(250).trim();
    bot.model.script({ chunks: ["<b>&</b> ", text.slice(9)], hold: gate.opened });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    bot.clock.advance(300_000);
    gate.open();
    expect(await replies(question)).toEqual([text]);
    expect(bot.server.calls("chat.update").map(({ error }) => error)).toEqual([undefined]);
  });

  it("goes on in a new message where its own cannot be changed any more", async () => {
    const gate = createGate();
    bot.model.script({ chunks: ["All of it."], hold: gate.opened });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    bot.clock.advance(300_000);
    bot.server.api.failNext("chat.update", "edit_window_closed");
    gate.open();
    expect(await replies(question)).toEqual(["All of it.", "All of it."]);
  });

  it("shows no thoughts, and takes back those that only their end shows to be some", async () => {
    const isSeen = createGate();
    const late = async function* () {
      yield "Let me see.";
      await isSeen.opened;
      yield "</think>Llamas";
      yield " hum.";
    };
    bot.model.script({ chunks: ["<think>Let me", " see.</think>", "They hum."] }, { chunks: late() });
    const first = bot.server.people.mention(bot.channel, bot.ann, "hi");
    expect(await replies(first)).toEqual(["They hum."]);
    expect(smallPrint(bot.server.replies(first)[0])).toContain("thought for 3 words");
    const second = bot.server.people.mention(bot.channel, bot.ann, "do llamas?");
    await bot.server.until(() => bot.server.replies(second).map(shownText).includes("Let me see."));
    isSeen.open();
    expect(await replies(second)).toEqual(["Llamas hum."]);
    expect(smallPrint(bot.server.replies(second)[0])).toContain("thought for 3 words");
  });

  it("pings nobody, whatever the model writes, in code and across deltas as well", async () => {
    const text = "<!channel> `<@U123>` @here\n```\n<!subteam^S1> @everyone\n```\n<!everyone|x>";
    for (const chunks of [[text], [...text], ["<!chan", "nel> @", "here"]]) bot.model.script({ chunks });
    for (const words of ["one", "two", "three <!channel>"]) await replies(bot.server.people.dm(bot.ann, words));
    expect(bot.server.world.pings).toEqual([]);
  });

  it("shows right-to-left words, emoji and stacked accents as the model wrote them", async () => {
    const text = "שלום 👩‍👩‍👧‍👦 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤a̴̵l̕g̡o 𝒜 مرحبا";
    bot.model.script({ chunks: [...text] });
    expect(await replies(bot.server.people.dm(bot.ann, text))).toEqual([text]);
  });

  it("loses the loop that the model fell into", async () => {
    const text = "A good start. again again again again";
    bot.model.script({ chunks: [text], finishReason: FinishReason.REPETITION, textLength: 13 });
    const [reply] = await repliesTo(bot.server, bot.server.people.dm(bot.ann, "hi"));
    expect(shownText(reply!)).toBe("A good start.");
    expect(smallPrint(reply)).toContain("began to repeat itself");
  });

  it("keeps what was written when the model service goes away, and says so in one line", async () => {
    const failure = new BotError("SERVICE_UNAVAILABLE", "gone");
    bot.model.script({ chunks: ["Half of it"], failure });
    const [reply] = await repliesTo(bot.server, bot.server.people.dm(bot.ann, "hi"));
    expect(shownText(reply!)).toBe("Half of it");
    expect(smallPrint(reply)).toContain("⚠️ The model service stopped in the middle of this reply.");
  });

  it("says why there is none when nothing was written", async () => {
    bot.model.script({ refusal: new BotError("PROMPT_TOO_LONG", "That is too long.") });
    expect(await replies(bot.server.people.dm(bot.ann, "hi"))).toEqual([
      "⚠️ That is too long. Shorten it, or choose another with /cria model.",
    ]);
  });

  it("refuses words that are too many, with both figures", async () => {
    const [said] = await replies(bot.server.people.dm(bot.ann, "a".repeat(32_001)));
    expect(said).toContain("32,001 characters; I can take 32,000");
  });

  it("tries again where Slack is busy or down for a moment", async () => {
    for (const failure of [503, "internal_error", 500]) bot.server.api.failNext("chat.update", failure);
    bot.server.api.failNext("chat.stopStream", 503);
    expect(await replies(bot.server.people.dm(bot.ann, "hi"))).toEqual(["hi"]);
  });

  it("waits as long as Slack asks, and loses nothing", async () => {
    for (const method of ["chat.stopStream", "assistant.threads.setStatus", "users.info"])
      bot.server.api.failNext(method, 429);
    expect(await replies(bot.server.people.dm(bot.ann, "hi"))).toEqual(["hi"]);
    bot.server.api.failNext("chat.startStream", "ratelimited");
    bot.server.api.failNext("chat.postMessage", 429);
    expect(await replies(bot.server.people.dm(bot.ann, "hi again"))).toEqual(["hi again"]);
  });

  it.each([
    ["the bot is removed", (server: SlackBot["server"], channel: string) => server.people.kick(channel)],
    ["the channel is deleted", (server: SlackBot["server"], channel: string) => server.people.deleteChannel(channel)],
    ["the channel is archived", (server: SlackBot["server"], channel: string) => server.people.archive(channel)],
  ])("is given up when %s, and the next one elsewhere is not", async (_, lose) => {
    bot.model.script({ chunks: ["half"], hold: new Promise(() => {}) });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    lose(bot.server, bot.channel);
    expect(await replies(bot.server.people.dm(bot.ann, "still there?"))).toEqual(["still there?"]);
  });

  it("is given up when the bot may no longer post there", async () => {
    const gate = createGate();
    bot.model.script({ chunks: ["half"], hold: gate.opened });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    bot.server.api.failNext("chat.stopStream", "restricted_action");
    gate.open();
    await bot.server.until(() => bot.refusals().length === 1);
    expect(await replies(bot.server.people.dm(bot.ann, "still there?"))).toEqual(["still there?"]);
    expect(bot.refusals()).toEqual([["chat.stopStream", "restricted_action"]]);
  });

  it("is given up when the token is revoked, and the owner is told what to do", async () => {
    bot.model.script({ chunks: ["half"], hold: new Promise(() => {}) });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    bot.server.revoke(bot.server.botToken);
    bot.server.deliveries.emit({ type: "tokens_revoked", tokens: { bot: [bot.server.world.botUser] } });
    await bot.server.until(() => bot.losses.length > 0);
    expect(bot.losses[0]).toContain("npm run setup -- slack");
  });
});

describe("many replies at once", () => {
  it("stay within Slack's limits: those that cannot be streamed come whole", async () => {
    const text = "Many words. ".repeat(30);
    const questions = Array.from({ length: 40 }, (_, n) => {
      bot.model.script({ chunks: text.match(/[\s\S]{1,40}/g)! });
      return bot.server.people.mention(bot.server.people.addChannel(`c${n}`, [bot.ann]), bot.ann, `question ${n}`);
    });
    for (const question of questions) expect(await replies(question)).toEqual([text.trim()]);
    expect(bot.refusals()).toEqual([]);
  });
});
