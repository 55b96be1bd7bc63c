import { OPEN_ACCESS } from "@cria/bot-core";
import { afterEach, describe, expect, it } from "vitest";
import { repliesTo } from "../../../test/slack-server/replies-to.ts";
import { type SlackBot, startSlackBot } from "../../../test/slack-server/slack-bot.ts";
import { type Message, shownText } from "../../../test/slack-server/world.ts";

const bots: SlackBot[] = [];
/** The first user group's id on a new server is known before the bot starts. */
const FIRST_GROUP = "S000003";
const NOT_LISTED = expect.stringContaining("not on the list");

async function start(kind: "allow" | "deny", lists: Partial<typeof OPEN_ACCESS.allow>): Promise<SlackBot> {
  const access = { ...OPEN_ACCESS, [kind]: { ...OPEN_ACCESS[kind], ...lists } };
  const bot = await startSlackBot({ core: { access } });
  bots.push(bot);
  return bot;
}
const replies = async (bot: SlackBot, question: Message) => (await repliesTo(bot.server, question)).map(shownText);

describe("access on Slack", () => {
  afterEach(async () => {
    for (const bot of bots.splice(0)) await bot.close();
  });

  it("is for members of the user groups that are allowed", async () => {
    const bot = await start("allow", { roles: [FIRST_GROUP] });
    expect(bot.server.people.addUserGroup("staff", [bot.ann])).toBe(FIRST_GROUP);
    const bob = bot.server.people.addUser("Bob");
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual(["hi"]);
    expect(await replies(bot, bot.server.people.dm(bob, "hi"))).toEqual([NOT_LISTED]);
    expect(bot.server.calls("usergroups.list")).toHaveLength(1);
  });

  it("is not for members of those that are denied", async () => {
    const bot = await start("deny", { roles: [FIRST_GROUP] });
    bot.server.people.addUserGroup("guests", [bot.ann]);
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual([NOT_LISTED]);
  });

  it("is for nobody while Slack does not say who is in those that are denied", async () => {
    const bot = await start("deny", { roles: [FIRST_GROUP] });
    for (let tries = 0; tries < 4; tries++) bot.server.api.failNext("usergroups.list", "internal_error");
    const sentence = expect.stringContaining("cannot see which roles you have");
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual([sentence]);
  });

  it("is for everyone on a plan without user groups, whatever is denied", async () => {
    const bot = await start("deny", { roles: [FIRST_GROUP] });
    bot.server.api.failNext("usergroups.list", "plan_upgrade_required");
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual(["hi"]);
  });

  it.each([
    ["on a plan without user groups", "plan_upgrade_required"],
    ["while Slack does not list them", "internal_error"],
  ])("knows no user groups %s, and lets in by name", async (_, failure) => {
    const bot = await start("allow", { roles: ["S1"], users: ["U000001"] });
    for (let tries = 0; tries < 4; tries++) bot.server.api.failNext("usergroups.list", failure);
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual(["hi"]);
  });

  it("is asked for before anything is said in public", async () => {
    const bot = await start("deny", { users: ["U000001"] });
    const { people, interactions } = bot.server;
    const mistaken = people.mention(bot.channel, bot.ann, "/modle big");
    await bot.server.until(() => bot.server.replies(mistaken).length === 1);
    expect(bot.server.replies(mistaken).map(shownText)).toEqual([NOT_LISTED]);
    const told = () => bot.server.messages(bot.channel, undefined, bot.ann).filter(({ ephemeralTo }) => ephemeralTo);
    await interactions.command(bot.ann, bot.channel, "compare small big Why?");
    await bot.server.until(() => told().length === 1);
    const message = people.say(bot.channel, bot.ann, "Llamas hum.");
    await interactions.shortcut("ask_about", message, bot.ann);
    await bot.server.until(() => bot.server.world.views.size > 0);
    const values = { question: { question: { value: "Why?" } } };
    await interactions.submit([...bot.server.world.views.values()].at(-1)!, values, bot.ann);
    await bot.server.until(() => bot.server.world.views.size > 0);
    expect(JSON.stringify([...bot.server.world.views.values()].at(-1)!.content)).toMatch(/not on the list/);
    expect(told().map(shownText)).toEqual([NOT_LISTED]);
    expect(bot.server.replies(message)).toEqual([]);
    expect(bot.server.transcript(bot.channel)).toEqual(["Ann: <@U0CRIA> /modle big", "Ann: Llamas hum."]);
  });

  it("says nothing to who talks to others in a thread that the bot is in", async () => {
    const bot = await start("deny", { users: ["U000003"] });
    const bob = bot.server.people.addUser("Bob");
    expect(bob).toBe("U000003");
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await repliesTo(bot.server, question);
    bot.server.people.say(bot.channel, bob, "shall we have lunch?", { threadTs: question.ts });
    bot.server.people.say(bot.channel, bob, "status", { threadTs: question.ts });
    bot.server.people.say(bot.channel, bot.ann, "and now?", { threadTs: question.ts });
    const shown = (await repliesTo(bot.server, question, 2)).map(shownText);
    expect(shown).toEqual(["hi", "and now?"]);
  });

  it("says nothing of quotas to who does not mention the bot, and says so to who does", async () => {
    const bot = await startSlackBot({ core: { quotaLimits: { userMessagesPerMinute: 1 } } });
    bots.push(bot);
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await repliesTo(bot.server, question);
    bot.server.people.say(bot.channel, bot.ann, "shall we have lunch?", { threadTs: question.ts });
    bot.server.people.mention(bot.channel, bot.ann, "and you?", { threadTs: question.ts });
    const shown = (await repliesTo(bot.server, question, 2)).map(shownText);
    expect(shown).toEqual(["hi", expect.stringContaining("You have sent 1 message in a minute")]);
  });

  it.each([
    ["workspaces", "T0CRIA", "this workspace"],
    ["channels", "C000002", "this channel"],
    ["users", "U000001", "not on the list"],
  ] as const)("is denied by %s", async (kind, id, sentence) => {
    const bot = await start("deny", { [kind]: [id] });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    expect(await replies(bot, question)).toEqual([expect.stringContaining(sentence)]);
  });
});
