import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Message, shownText, type View } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";
import { CHAT_MODEL, type SlackBot, startSlackBot } from "./slack-bot.ts";

let bot: SlackBot;

beforeEach(async () => {
  bot = await startSlackBot();
});

afterEach(async () => {
  await bot.close();
});

const view = async (): Promise<View> => {
  await bot.server.until(() => bot.server.world.views.size > 0);
  return [...bot.server.world.views.values()].at(-1)!;
};
/** Ann asks about a message. */
const askAbout = async (message: Message, question: string) => {
  await bot.server.interactions.shortcut("ask_about", message, bot.ann);
  await bot.server.interactions.submit(await view(), { question: { question: { value: question } } }, bot.ann);
};
const lastPrompt = () => bot.prompts().at(-1)!;

describe("the message shortcut", () => {
  it("asks about someone's message and is answered in its thread", async () => {
    const message = bot.server.people.say(bot.channel, bot.ann, "Llamas hum.");
    await bot.server.interactions.shortcut("ask_about", message, bot.ann);
    const opened = await view();
    bot.model.script({ chunks: ["They do."] });
    await bot.server.interactions.submit(opened, { question: { question: { value: "Really <!channel>?" } } }, bot.ann);
    const shown = await repliesTo(bot.server, message);
    expect(shown.map(shownText)).toEqual(["*Ann* asks: Really &lt;!channel&gt;?", "They do."]);
    expect(bot.prompts()[0]).toContain("Ann: Llamas hum.");
    expect(bot.server.world.pings).toEqual([]);
  });

  it("asks about the last of many messages in a thread", async () => {
    const root = bot.server.people.say(bot.channel, bot.ann, "Llamas hum.");
    const inThread = { channel: bot.channel, user: bot.ann, threadTs: root.ts };
    for (let number = 0; number < 220; number++) bot.server.world.add({ ...inThread, text: `Hum ${number}.` });
    const last = bot.server.world.add({ ...inThread, text: "Alpacas hum, too." });
    await bot.server.interactions.shortcut("ask_about", last, bot.ann);
    await bot.server.interactions.submit(await view(), { question: { question: { value: "Why?" } } }, bot.ann);
    await repliesTo(bot.server, root);
    expect(bot.prompts()[0]).toContain("Alpacas hum, too.");
  });

  it.each([
    [
      "cannot be read",
      "Slack did not show me that message",
      ({ server }: SlackBot) => {
        server.api.failNext("conversations.replies", "access_denied");
      },
    ],
    ["is gone", "That message is gone", ({ server: { people, world } }: SlackBot) => people.remove(world.messages[0]!)],
  ])("says so, and asks nothing, where the message %s", async (_, sentence, happen) => {
    const message = bot.server.people.say(bot.channel, bot.ann, "Llamas hum.");
    await bot.server.interactions.shortcut("ask_about", message, bot.ann);
    const opened = await view();
    happen(bot);
    await bot.server.interactions.submit(opened, { question: { question: { value: "Why?" } } }, bot.ann);
    await bot.server.until(() => bot.server.world.views.size > 0);
    expect(JSON.stringify((await view()).content)).toContain(sentence);
    expect(bot.server.replies(message)).toEqual([]);
  });

  it("says so, and asks nothing, where the message is a picture alone", async () => {
    const picture = bot.server.people.addFile("a.png", "x", "image/png");
    await askAbout(bot.server.people.say(bot.channel, bot.ann, "", { files: [picture] }), "Why?");
    expect(JSON.stringify((await view()).content)).toContain("I can only read text files, and a.png is none");
    expect(bot.model.requests).toEqual([]);
  });

  it("says so in a modal where the bot is not invited", async () => {
    const other = bot.server.people.addChannel("other", [bot.ann], { withBot: false });
    const message = bot.server.people.say(other, bot.ann, "Llamas hum.");
    await bot.server.interactions.shortcut("ask_about", message, bot.ann);
    await bot.server.interactions.submit(await view(), { question: { question: { value: "Why?" } } }, bot.ann);
    await bot.server.until(() => bot.server.world.views.size > 0);
    expect(JSON.stringify((await view()).content)).toContain("Invite me with /invite @cria");
    expect(bot.model.requests).toEqual([]);
  });

  it("forgets the question where the message that shows it is deleted, and stops its reply", async () => {
    bot.model.models = [CHAT_MODEL];
    bot.model.script({ chunks: ["They do, as llamas."], hold: new Promise(() => {}) });
    const message = bot.server.people.say(bot.channel, bot.ann, "They hum.");
    await askAbout(message, "Do llamas?");
    await bot.server.until(() => bot.server.replies(message).length === 2);
    bot.server.people.remove(bot.server.replies(message)[0]!);
    await repliesTo(bot.server, message);
    bot.server.people.mention(bot.channel, bot.ann, "why?", { threadTs: message.ts });
    await repliesTo(bot.server, message, 2);
    expect(lastPrompt()).not.toContain("llamas");
  });
});

describe("the fields of a persona", () => {
  it("are names in messages, in questions about a message and in comparisons", async () => {
    bot.model.models = ["small", "big"].map((name) => ({ ...CHAT_MODEL, name, isDefault: name === "small" }));
    await bot.server.interactions.command(bot.ann, bot.channel, "system You help {user} in {channel} of {workspace}.");
    await bot.server.until(() => bot.server.messages(bot.channel, undefined, bot.ann).length === 1);
    const message = bot.server.people.mention(bot.channel, bot.ann, "hello");
    await repliesTo(bot.server, message);
    await askAbout(message, "Why?");
    await repliesTo(bot.server, message, 2);
    await bot.server.interactions.command(bot.ann, bot.channel, "compare small big Why?");
    await bot.server.until(() => bot.model.requests.length === 4);
    bot.server.people.mention(bot.channel, bot.ann, "compare small big Why?");
    await bot.server.until(() => bot.model.requests.length === 6);
    const prompts = bot.prompts();
    for (const prompt of prompts) expect(prompt).toContain("You help Ann in general of Test.");
  });
});
