import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Cut } from "../slack-server/api/web-api.ts";
import { type Message, shownText } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";
import { type SlackBot, startSlackBot } from "./slack-bot.ts";

let bot: SlackBot;

beforeEach(async () => {
  bot = await startSlackBot();
});

afterEach(async () => {
  await bot.close();
});

const CUTS: readonly Cut[] = ["before", "within"];
const replies = async (question: Message, most = 1) => (await repliesTo(bot.server, question, most)).map(shownText);
/** Streams that were begun and never stopped. */
const openStreams = () => bot.server.world.messages.filter(({ streamingSinceMs }) => streamingSinceMs !== undefined);
/** Lets no reply be streamed, so that each is posted. */
const forbidStreams = () => bot.server.api.failNext("chat.startStream", "feature_not_enabled");

describe.each(CUTS)("an answer of Slack that is cut %s its first byte", (cut) => {
  it("to a stream's start: one message, and no stream that goes on for ever", async () => {
    bot.server.api.loseNext("chat.startStream", cut);
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    expect(await replies(question)).toEqual(["hi"]);
    expect(openStreams()).toEqual([]);
  });

  it("to a post: one message", async () => {
    forbidStreams();
    bot.server.api.loseNext("chat.postMessage", cut);
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    expect(await replies(question)).toEqual(["hi"]);
    expect(bot.server.calls("chat.postMessage")).toHaveLength(1);
  });

  it("to a post, and to the look for it: one message", async () => {
    forbidStreams();
    bot.server.api.loseNext("chat.postMessage", cut);
    for (let tries = 0; tries < 5; tries++) bot.server.api.failNext("conversations.replies", 503);
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    expect(await replies(question)).toEqual(["hi"]);
    expect(bot.server.calls("chat.postMessage")).toHaveLength(1);
  });

  it("to an answer of the bot's own: one message", async () => {
    bot.server.api.loseNext("chat.postMessage", cut);
    const question = bot.server.people.mention(bot.channel, bot.ann, "status");
    await bot.server.until(() => bot.server.calls("conversations.replies").length > 0);
    bot.server.people.mention(bot.channel, bot.ann, "status", { threadTs: question.ts });
    await bot.server.until(() => bot.server.replies(question).length === 2);
    expect(bot.server.calls("chat.postMessage")).toHaveLength(2);
  });

  it("to the question of a comparison: one message", async () => {
    bot.server.api.loseNext("chat.postMessage", cut);
    await bot.server.interactions.command(bot.ann, bot.channel, "compare small big Why?");
    await bot.server.until(() => bot.server.messages(bot.channel).length > 0);
    await repliesTo(bot.server, bot.server.messages(bot.channel)[0]!, 2);
    expect(bot.server.messages(bot.channel)).toHaveLength(1);
  });

  it("to the question of a comparison, where the bot's clock is an hour ahead: one message", async () => {
    bot.clock.advance(-3_600_000);
    bot.server.api.loseNext("chat.postMessage", cut);
    await bot.server.interactions.command(bot.ann, bot.channel, "compare small big Why?");
    await bot.server.until(() => bot.server.messages(bot.channel).length > 0);
    await repliesTo(bot.server, bot.server.messages(bot.channel)[0]!, 2);
    expect(bot.server.messages(bot.channel)).toHaveLength(1);
  });

  it("to an update, a look at a thread, and someone's name: asked again", async () => {
    forbidStreams();
    const root = bot.server.people.say(bot.channel, bot.ann, "The llama has three stomachs.");
    for (const method of ["conversations.replies", "users.info"]) bot.server.api.loseNext(method, cut);
    bot.model.script({
      chunks: ["Yes", ", that is right."],
      hold: new Promise((resolve) => setTimeout(resolve, 2_000)),
    });
    bot.server.api.loseNext("chat.update", cut);
    bot.server.people.mention(bot.channel, bot.ann, "Is that right?", { threadTs: root.ts });
    expect(await replies(root)).toEqual(["Yes, that is right."]);
    expect(bot.prompts()[0]).toContain("three stomachs");
    expect(bot.server.calls("users.info").length).toBeGreaterThan(1);
  });
});

describe("an app without the scope metadata.message:read", () => {
  beforeEach(() => {
    const token = bot.server.api.tokens.get(bot.server.botToken)!;
    token.scopes = token.scopes.filter((scope) => scope !== "metadata.message:read");
  });

  it("writes one message where the answer to a stream's start is lost", async () => {
    bot.server.api.loseNext("chat.startStream", "before");
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    expect(await replies(question)).toEqual(["hi"]);
    expect(openStreams()).toEqual([]);
  });

  it("writes a post whose answer is lost again", async () => {
    bot.server.api.loseNext("chat.postMessage", "before");
    const question = bot.server.people.mention(bot.channel, bot.ann, "status");
    await bot.server.until(() => bot.server.replies(question).length === 2);
  });
});

describe("a workspace that streams no replies", () => {
  it.each(["feature_not_enabled", "channel_type_not_supported"])(
    "is asked once, and posts are changed by updates: %s",
    async (refusal) => {
      for (let tries = 0; tries < 9; tries++) bot.server.api.failNext("chat.startStream", refusal);
      let say = () => {};
      const more = new Promise<void>((resolve) => {
        say = resolve;
      });
      bot.model.script({
        chunks: (async function* () {
          yield "One, ";
          await more;
          yield "two.";
        })(),
      });
      const question = bot.server.people.mention(bot.channel, bot.ann, "count");
      await bot.server.until(() => bot.server.replies(question).some((reply) => shownText(reply).startsWith("One,")));
      say();
      expect(await replies(question)).toEqual(["One, two."]);
      bot.server.people.mention(bot.channel, bot.ann, "again", { threadTs: question.ts });
      expect(await replies(question, 2)).toEqual(["One, two.", "again"]);
      expect(bot.server.calls("chat.startStream")).toHaveLength(1);
    },
  );

  it("streams elsewhere where one channel alone refuses it", async () => {
    bot.server.api.failNext("chat.startStream", "channel_type_not_supported");
    expect(await replies(bot.server.people.mention(bot.channel, bot.ann, "here"))).toEqual(["here"]);
    expect(await replies(bot.server.people.dm(bot.ann, "there"))).toEqual(["there"]);
    expect(bot.server.calls("chat.startStream").map(({ error }) => error)).toEqual([
      "channel_type_not_supported",
      undefined,
    ]);
  });
});

describe("a channel that is shared with another workspace", () => {
  it("has replies streamed to the workspace of who asked", async () => {
    const eve = bot.server.people.addUser("Eve", { teamId: "T0OTHER" });
    const channel = bot.server.people.addChannel("shared", [bot.ann, eve]);
    const question = bot.server.people.mention(channel, eve, "hi");
    const [reply] = await repliesTo(bot.server, question);
    await bot.server.interactions.press(reply!, "reply_regenerate", eve);
    await repliesTo(bot.server, question, 2);
    const teams = bot.server.calls("chat.startStream").map(({ args, error }) => [args.recipient_team_id, error]);
    expect(teams).toEqual([
      ["T0OTHER", undefined],
      ["T0OTHER", undefined],
    ]);
  });
});
