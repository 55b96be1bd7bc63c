import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Message, shownText } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";
import { CHAT_MODEL, type SlackBot, startSlackBot } from "./slack-bot.ts";

let bot: SlackBot;

afterEach(async () => {
  await bot.close();
});

const mention = (text: string) => bot.server.people.mention(bot.channel, bot.ann, text);
/** What Ann alone reads in the channel, once so much was said. */
async function slash(text: string, most: number): Promise<string> {
  await bot.server.interactions.command(bot.ann, bot.channel, text);
  const said = () => bot.server.messages(bot.channel, undefined, bot.ann).filter(({ ephemeralTo }) => ephemeralTo);
  await bot.server.until(() => said().length === most);
  return shownText(said().at(-1)!);
}

describe.each([
  ["in Redis", false],
  ["in its own process", true],
])("reset, where a bot remembers %s", (_, isAlone) => {
  beforeEach(async () => {
    bot = await startSlackBot({ isAlone });
    bot.model.models = [CHAT_MODEL];
  });

  /** Two threads of the channel in which something was said. */
  const talk = async (): Promise<readonly [Message, Message]> => {
    const threads = [mention("one llama"), mention("two llamas")] as const;
    for (const thread of threads) await repliesTo(bot.server, thread);
    return threads;
  };
  /** Whether the model is shown nothing of it by the next message of a thread, whether or not that names the bot. */
  const isForgottenIn = async ({ ts: threadTs }: Message) => {
    const { length } = bot.model.requests;
    // Redis has a clock of its own, which goes slower than that of these tests.
    const isCalled = isAlone;
    bot.server.people.say(bot.channel, bot.ann, isCalled ? "<@U0CRIA> and now?" : "and now?", { threadTs });
    await expect.poll(() => bot.model.requests.length).toBeGreaterThan(length);
    return !bot.model.requests.at(-1)!.prompt.some(({ text }) => text.includes("llama"));
  };

  it("by /cria forgets the channel with its threads", async () => {
    const threads = await talk();
    expect(await slash("reset", 1)).toContain("Forgot 2 rounds");
    for (const thread of threads) expect(await isForgottenIn(thread)).toBe(true);
  });

  it("outside of threads forgets the channel with its threads", async () => {
    const threads = await talk();
    const reset = mention("reset");
    await bot.server.until(() => bot.server.replies(reset).length === 1);
    expect(shownText(bot.server.replies(reset)[0]!)).toContain("Forgot 2 rounds");
    for (const thread of threads) expect(await isForgottenIn(thread)).toBe(true);
  });

  it("in a thread forgets that thread alone", async () => {
    const [first, second] = await talk();
    bot.server.people.mention(bot.channel, bot.ann, "reset", { threadTs: first.ts });
    await bot.server.until(() => bot.server.replies(first).length === 2);
    expect(await isForgottenIn(first)).toBe(true);
    expect(await isForgottenIn(second)).toBe(false);
  });
});

describe("a channel whose messages are all answered", () => {
  beforeEach(async () => {
    bot = await startSlackBot();
    await slash("setting answer-all on", 1);
  });

  it("gets answers without a mention, in threads, but to words for someone else", async () => {
    const ben = bot.server.people.addUser("Ben");
    const question = bot.server.people.say(bot.channel, bot.ann, "how many stomachs?");
    expect((await repliesTo(bot.server, question)).map(shownText)).toEqual(["how many stomachs?"]);
    bot.server.people.say(bot.channel, bot.ann, `<@${ben}> lunch?`);
    await repliesTo(bot.server, bot.server.people.say(bot.channel, ben, "and humps?"));
    expect(bot.model.requests).toHaveLength(2);
  });

  it("is no other than that one, and that one no more once it is switched off", async () => {
    const other = bot.server.people.addChannel("other", [bot.ann]);
    bot.server.people.say(other, bot.ann, "not for the bot");
    await slash("setting answer-all off", 2);
    bot.server.people.say(bot.channel, bot.ann, "nor is this");
    await repliesTo(bot.server, mention("but this"));
    expect(bot.model.requests).toHaveLength(1);
  });
});
