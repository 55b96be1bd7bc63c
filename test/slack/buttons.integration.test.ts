import { FinishReason } from "@cria/proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Message, shownText } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";
import { type SlackBot, startSlackBot } from "./slack-bot.ts";

let bot: SlackBot;
let ratings: string[];

beforeEach(async () => {
  ratings = [];
  const feedback = { rate: async (_: string, { rating }: { rating: string }) => void ratings.push(rating) };
  bot = await startSlackBot({ core: { feedback } });
});

afterEach(async () => {
  await bot.close();
});

const shown = async (question: Message, most: number) => (await repliesTo(bot.server, question, most)).map(shownText);
const actionsOf = ({ blocks }: Message) => JSON.stringify(blocks).match(/reply_\w+/g) ?? [];

describe("under a reply", () => {
  it("Regenerate answers the question again, in the same thread", async () => {
    bot.model.script({ chunks: ["One."] }, { chunks: ["Two."] });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    const [reply] = await repliesTo(bot.server, question);
    await bot.server.interactions.press(reply!, "reply_regenerate", bot.ann);
    expect(await shown(question, 2)).toEqual(["One.", "Two."]);
    expect(bot.model.requests[1]!.prompt).toEqual(bot.model.requests[0]!.prompt);
  });

  it("Continue is there for a reply that was cut, and goes on with it", async () => {
    bot.model.script({ chunks: ["One, two,"], finishReason: FinishReason.MAX_TOKENS }, { chunks: [" three."] });
    const question = bot.server.people.mention(bot.channel, bot.ann, "count");
    const [reply] = await repliesTo(bot.server, question);
    expect(actionsOf(reply!)).toEqual(["reply_continue", "reply_regenerate"]);
    await bot.server.interactions.press(reply!, "reply_continue", bot.ann);
    expect(await shown(question, 2)).toEqual(["One, two,", expect.stringContaining("three.")]);
    expect(actionsOf(bot.server.replies(question)[1]!)).toEqual(["reply_regenerate"]);
  });

  it.each(["reply_regenerate", "reply_continue"])(
    "the buttons of the old reply go once the new one begins: %s",
    async (button) => {
      const text = `${"llama & <alpaca> ".repeat(400)}and so on`;
      bot.model.script({ chunks: [text.slice(0, 3_000), text.slice(3_000)], finishReason: FinishReason.MAX_TOKENS });
      const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
      const [reply] = await repliesTo(bot.server, question);
      await bot.server.interactions.press(reply!, button, bot.ann);
      await bot.server.until(() => actionsOf(bot.server.replies(question)[0]!).length === 0);
      await repliesTo(bot.server, question, 2);
      const [old] = bot.server.replies(question);
      expect(shownText(old!)).toBe(text);
      expect(JSON.stringify(old!.blocks)).toContain("small · ");
      expect(bot.server.calls("chat.update").map(({ error }) => error)).toEqual([undefined]);
    },
  );

  it.each(["reply_regenerate", "reply_continue"])(
    "the old reply keeps words, buttons and memory where the new one is stopped before its first word: %s",
    async (button) => {
      bot.model.script(
        { chunks: ["One, two,"], finishReason: FinishReason.MAX_TOKENS },
        { queue: new Promise(() => {}) },
      );
      const question = bot.server.people.mention(bot.channel, bot.ann, "count");
      const [reply] = await repliesTo(bot.server, question);
      await bot.server.interactions.press(reply!, button, bot.ann);
      await bot.server.until(() => bot.model.requests.length === 2);
      bot.server.people.stopSession(bot.channel, question.ts, bot.ann);
      await bot.server.until(() => bot.server.world.sessions.get(`${bot.channel}:${question.ts}`) === "active");
      expect(bot.server.calls("chat.update")).toEqual([]);
      await bot.server.interactions.press(reply!, "reply_regenerate", bot.ann);
      await repliesTo(bot.server, question, 2);
      expect(bot.server.replies(question).map(shownText)).toEqual(["One, two,", "count"]);
    },
  );

  it("Regenerate tries a failed reply again", async () => {
    bot.model.script({ chunks: ["Half"], failure: new Error("broken") }, { chunks: ["Whole."] });
    const question = bot.server.people.dm(bot.ann, "hi");
    const [reply] = await repliesTo(bot.server, question);
    await bot.server.interactions.press(reply!, "reply_regenerate", bot.ann);
    expect(await shown(question, 2)).toEqual(["Half", "Whole."]);
  });

  it("a press on a reply that is forgotten is answered to the person alone", async () => {
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    const [reply] = await repliesTo(bot.server, question);
    const forged = {
      ...reply!,
      blocks: JSON.parse(JSON.stringify(reply!.blocks).replace(/"value":"[^"]+"/, '"value":"gone"')),
    };
    await bot.server.interactions.press(forged, "reply_regenerate", bot.ann);
    await bot.server.until(() => bot.server.calls("chat.postEphemeral").length === 1);
    expect(bot.server.transcript(bot.channel, { threadTs: question.ts, seenBy: bot.ann }).at(-1)).toContain("too old");
  });
});

describe("Slack's stop button", () => {
  it("ends the reply and keeps what was written", async () => {
    bot.model.script({ chunks: ["As far as this"], hold: new Promise(() => {}) });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    bot.server.people.stopSession(bot.channel, question.ts, bot.ann);
    expect(await shown(question, 1)).toEqual(["As far as this"]);
    expect(JSON.stringify(bot.server.replies(question)[0]!.blocks)).toContain("Stopped.");
  });

  it("ends one that has not begun", async () => {
    bot.model.script({ queue: new Promise(() => {}) });
    const question = bot.server.people.dm(bot.ann, "hi");
    await bot.server.until(() => bot.server.world.sessions.get(`${question.channel}:${question.ts}`) === "processing");
    await bot.server.until(() => bot.model.requests.length === 1);
    bot.server.people.stopSession(question.channel, question.ts, bot.ann);
    expect(await shown(question, 1)).toEqual(["Stopped."]);
  });
});

describe("two models side by side", () => {
  it("stop together, and are rated one by one", async () => {
    const admin = bot.server.people.addUser("Ada", { isAdmin: true });
    const on = bot.server.people.dm(admin, "feedback on");
    await bot.server.until(() => bot.server.replies(on).length === 1);
    const hold = new Promise<void>(() => {});
    bot.model.script({ chunks: ["One."], hold }, { chunks: ["Two."], hold });
    const question = bot.server.people.mention(bot.channel, bot.ann, "compare small big hello");
    await bot.server.until(() => bot.server.replies(question).length === 2);
    bot.server.people.stopSession(bot.channel, question.ts, bot.ann);
    expect(await shown(question, 2)).toEqual([expect.stringMatching(/One\.$/), expect.stringMatching(/Two\.$/)]);
    const [first] = bot.server.replies(question);
    expect(actionsOf(first!)).toEqual(["reply_feedback"]);
    const replyId = JSON.stringify(first!.blocks).match(/"up:([^"]+)"/)![1];
    await bot.server.interactions.press(first!, "reply_feedback", bot.ann, `up:${replyId}`);
    await bot.server.until(() => ratings.length === 1);
  });
});

describe("the word stop in a thread", () => {
  it("ends the reply that is written there", async () => {
    bot.model.script({ chunks: ["As far as this"], hold: new Promise(() => {}) });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    bot.server.people.say(bot.channel, bot.ann, "Stop!", { threadTs: question.ts });
    expect(await shown(question, 1)).toEqual(["As far as this"]);
    expect(bot.model.requests).toHaveLength(1);
  });
});

describe("the word stop in a direct message", () => {
  it("ends the replies that are written there, and is never a question", async () => {
    bot.model.script({ chunks: ["As far as this"], hold: new Promise(() => {}) });
    const question = bot.server.people.dm(bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    const stops = [
      bot.server.people.dm(bot.server.people.addUser("Ben"), "stop"),
      bot.server.people.dm(bot.ann, "stop"),
    ];
    expect(await shown(question, 1)).toEqual(["As far as this"]);
    expect(stops.map((stop) => bot.server.replies(stop).length)).toEqual([0, 0]);
    expect(bot.model.requests).toHaveLength(1);
  });
});

describe("the word stop in a channel", () => {
  it.each([
    ["after a mention", "<@U0CRIA> stop", "off"],
    ["where all messages are answered", "stop", "on"],
  ])("ends %s the replies that are written in its threads, and is never a question", async (_, word, answersAll) => {
    const { people, interactions } = bot.server;
    await interactions.command(bot.ann, bot.channel, `setting answer-all ${answersAll}`);
    await bot.server.until(() => bot.server.messages(bot.channel, undefined, bot.ann).length === 1);
    bot.model.script({ chunks: ["As far as this"], hold: new Promise(() => {}) });
    const question = people.mention(bot.channel, bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    const stop = people.say(bot.channel, bot.ann, word);
    expect(await shown(question, 1)).toEqual(["As far as this"]);
    expect(bot.server.replies(stop)).toEqual([]);
    expect(bot.model.requests).toHaveLength(1);
  });
});

describe("👍 and 👎", () => {
  it("are not asked for where the workspace did not say so", async () => {
    const [reply] = await repliesTo(bot.server, bot.server.people.dm(bot.ann, "hi"));
    expect(actionsOf(reply!)).toEqual(["reply_regenerate"]);
  });

  it("are kept once an admin asks for them", async () => {
    const admin = bot.server.people.addUser("Ada", { isAdmin: true });
    const on = bot.server.people.dm(admin, "feedback on");
    await bot.server.until(() => bot.server.replies(on).length === 1);
    const [reply] = await repliesTo(bot.server, bot.server.people.dm(bot.ann, "hi"));
    expect(actionsOf(reply!)).toEqual(["reply_regenerate", "reply_feedback"]);
    const replyId = JSON.stringify(reply!.blocks).match(/"up:([^"]+)"/)![1];
    await bot.server.interactions.press(reply!, "reply_feedback", bot.ann, `up:${replyId}`);
    await bot.server.interactions.press(reply!, "reply_feedback", bot.ann, `down:${replyId}`);
    await bot.server.until(() => ratings.length === 2);
    expect(ratings).toEqual(["up", "down"]);
  });
});
