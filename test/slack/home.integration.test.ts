import { OPEN_ACCESS } from "@cria/bot-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repliesTo } from "./replies-to.ts";
import { type SlackBot, startSlackBot } from "./slack-bot.ts";

let bot: SlackBot;

beforeEach(async () => {
  bot = await startSlackBot();
});

afterEach(async () => {
  await bot.close();
});

const ask = async (text: string) => {
  const question = bot.server.people.mention(bot.channel, bot.ann, text);
  await repliesTo(bot.server, question);
  return bot.model.requests.at(-1)!.model;
};
const option = (name: string) => ({ text: { type: "plain_text", text: name }, value: name });
/** What Ann reads there. */
const openHome = async ({ server, ann }: SlackBot) => {
  server.people.openApp(ann, "home");
  await server.until(() => server.world.homes.has(ann));
  return JSON.stringify(server.world.homes.get(ann)!.content);
};

describe("the Home tab", () => {
  it("shows the models of the channels that one shares with the bot, and changes them", async () => {
    bot.server.people.openApp(bot.ann, "home");
    await bot.server.until(() => bot.server.world.homes.has(bot.ann));
    const home = () => JSON.stringify(bot.server.world.homes.get(bot.ann)!.content);
    expect(home()).toContain("#general");
    expect(home()).toContain("small (default)");
    await bot.server.interactions.pressHome(bot.ann, "model_choose", option("big"));
    await bot.server.until(() => home().includes("*big* answers here"));
    for (const text of ["context off 3", `system <!here> ${"You are brief. ".repeat(30)}`])
      await bot.server.interactions.command(bot.ann, bot.channel, text);
    await bot.server.until(() =>
      /persona|brief/.test(JSON.stringify(bot.server.messages(bot.channel, undefined, bot.ann))),
    );
    bot.server.people.openApp(bot.ann, "home");
    await bot.server.until(() => /big · context off · 3 rounds · persona: .{0,30}here&gt; You are brief/.test(home()));
    expect(await ask("hi")).toBe("big");
  });

  it.each(["", "a"])("cuts a persona between characters (%j before them)", async (before) => {
    await bot.server.interactions.command(bot.ann, bot.channel, `system ${before}${"😀".repeat(150)}`);
    await bot.server.until(() => bot.server.messages(bot.channel, undefined, bot.ann).length === 1);
    expect(await openHome(bot)).toMatch(/😀…/u);
  });

  it("says what answers where the model of a channel is gone", async () => {
    await bot.server.interactions.command(bot.ann, bot.channel, "model big");
    await bot.server.until(() => bot.server.messages(bot.channel, undefined, bot.ann).length === 1);
    bot.model.models = bot.model.models.filter(({ name }) => name !== "big");
    expect(await openHome(bot)).toContain("The model big is gone; small answers.");
  });

  it("lists no channel that the bot or the person is not in, however many each is in", async () => {
    const { people } = bot.server;
    for (let number = 0; number < 250; number++) people.addChannel(`of-ann-${number}`, [bot.ann], { withBot: false });
    for (let number = 0; number < 250; number++) people.addChannel(`of-cria-${number}`, []);
    people.addChannel("last", [bot.ann], { isPrivate: true });
    const home = await openHome(bot);
    expect(home.match(/\*#[\w-]+\*/g)).toEqual(["*#general*", "*#last*"]);
  });

  it("says so where Slack lists no channels", async () => {
    bot.server.api.failNext("users.conversations", "missing_scope");
    expect(await openHome(bot)).toContain("Slack does not list the channels that we share");
  });

  it("lists forty channels, and says how many more there are", async () => {
    for (let number = 0; number < 44; number++) bot.server.people.addChannel(`shared-${number}`, [bot.ann]);
    const home = await openHome(bot);
    expect(home.match(/\*#[\w-]+\*/g)).toHaveLength(40);
    expect(home).toContain("5 more channels are not shown");
  });

  it("shows nothing of channels where the person may not talk to the bot", async () => {
    const deny = { ...OPEN_ACCESS.deny, channels: ["C000002"] };
    const other = await startSlackBot({ core: { access: { ...OPEN_ACCESS, deny } } });
    expect(other.channel).toBe("C000002");
    const home = await openHome(other);
    expect(home).toContain("You may not talk to me in any channel that we share");
    expect(home).not.toContain("general");
    await other.close();
  });

  it("suggests what to ask where messages are written", async () => {
    bot.server.people.openApp(bot.ann, "messages");
    const channel = bot.server.people.dmChannel(bot.ann);
    await bot.server.until(() => bot.server.world.suggestedPrompts.has(channel));
    expect(bot.server.world.suggestedPrompts.get(channel)).toHaveLength(4);
  });
});
