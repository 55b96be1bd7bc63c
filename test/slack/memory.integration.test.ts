import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Message, shownText } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";
import { CHAT_MODEL, type SlackBot, startSlackBot } from "./slack-bot.ts";

let bot: SlackBot;

beforeEach(async () => {
  bot = await startSlackBot({ isAlone: true });
  bot.model.models = [CHAT_MODEL];
});

afterEach(async () => {
  await bot.close();
});

const replies = async (question: Message, most = 1) => (await repliesTo(bot.server, question, most)).map(shownText);
const lastPrompt = () => bot.prompts().at(-1)!;

describe("a bot on Slack that remembers in its own process", () => {
  it("goes on in a thread, knows what was said, and forgets what is deleted", async () => {
    const { people } = bot.server;
    const question = people.mention(bot.channel, bot.ann, "one llama");
    await replies(question);
    people.say(bot.channel, bot.ann, "two", { threadTs: question.ts });
    await replies(question, 2);
    expect(lastPrompt()).toContain("one llama");
    people.remove(question);
    people.say(bot.channel, bot.ann, "three", { threadTs: question.ts });
    await expect.poll(() => bot.model.requests.length).toBe(3);
    expect(lastPrompt()).not.toContain("llama");
  });

  it("answers once, however often an event comes", async () => {
    const question = bot.server.people.dm(bot.ann, "hi");
    await replies(question);
    await bot.server.deliveries.redeliver(bot.server.deliveries.sent[0]!);
    expect(bot.model.requests).toHaveLength(1);
  });

  it("ends the replies that it writes when it is stopped, with a line that says so", async () => {
    bot.model.script({ chunks: ["Half"], hold: new Promise(() => {}) });
    const question = bot.server.people.dm(bot.ann, "talk");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    await bot.platform.stop(2_000);
    expect(bot.server.replies(question).map(shownText)).toEqual(["Half"]);
    expect(JSON.stringify(bot.server.replies(question)[0]!.blocks)).toContain("Stopped");
  });

  it("regenerates, continues and sets the channel's model", async () => {
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    const [reply] = await repliesTo(bot.server, question);
    await bot.server.interactions.press(reply!, "reply_regenerate", bot.ann);
    expect(await replies(question, 2)).toHaveLength(2);
    await bot.server.interactions.command(bot.ann, bot.channel, "context off");
    await bot.server.until(() => bot.server.messages(bot.channel, undefined, bot.ann).length > 1);
  });
});
