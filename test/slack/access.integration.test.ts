import { OPEN_ACCESS } from "@cria/bot-core";
import { afterEach, describe, expect, it } from "vitest";
import type { SlackServer } from "../slack-server/slack-server.ts";
import { type Message, shownText } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";
import { type SlackBot, type SlackBotOptions, startSlackBot } from "./slack-bot.ts";

const bots: SlackBot[] = [];
/** The first user group's id on a new server, where Ann comes after it. */
const GROUP = "S000001";
const ANN = "U000002";
const NOT_LISTED = expect.stringContaining("not on the list");

async function start(
  kind: "allow" | "deny",
  lists: Partial<typeof OPEN_ACCESS.allow>,
  prepare?: SlackBotOptions["prepare"],
): Promise<SlackBot> {
  const access = { ...OPEN_ACCESS, [kind]: { ...OPEN_ACCESS[kind], ...lists } };
  const bot = await startSlackBot({ core: { access }, ...(prepare && { prepare }) });
  bots.push(bot);
  return bot;
}
const withAnnIn = ({ people }: SlackServer) => expect(people.addUserGroup("staff", [ANN])).toBe(GROUP);
const failing = (failure: string, times: number) => (server: SlackServer) => {
  withAnnIn(server);
  for (let tries = 0; tries < times; tries++) server.api.failNext("usergroups.list", failure);
};
const replies = async (bot: SlackBot, question: Message) => (await repliesTo(bot.server, question)).map(shownText);

describe("access on Slack", () => {
  afterEach(async () => {
    for (const bot of bots.splice(0)) await bot.close();
  });

  it("is for members of the user groups that are allowed, which are known from the start", async () => {
    const bot = await start("allow", { roles: [GROUP] }, withAnnIn);
    await bot.server.until(() => bot.server.calls("usergroups.list").length === 1);
    const bob = bot.server.people.addUser("Bob");
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual(["hi"]);
    expect(await replies(bot, bot.server.people.dm(bob, "hi"))).toEqual([NOT_LISTED]);
    expect(bot.server.calls("usergroups.list")).toHaveLength(1);
  });

  it("asks for no user groups where no list names any", async () => {
    const bot = await start("deny", { users: ["U1"] }, withAnnIn);
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual(["hi"]);
    expect(bot.server.calls("usergroups.list")).toEqual([]);
  });

  it("is not for members of those that are denied", async () => {
    const bot = await start("deny", { roles: [GROUP] }, withAnnIn);
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual([NOT_LISTED]);
  });

  it("is for nobody while Slack does not say who is in those that are denied", async () => {
    const bot = await start("deny", { roles: [GROUP] }, failing("internal_error", 4));
    const sentence = expect.stringContaining("cannot see which roles you have");
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual([sentence]);
  });

  it("is for everyone on a plan without user groups, whatever is denied", async () => {
    const bot = await start("deny", { roles: [GROUP] }, failing("plan_upgrade_required", 1));
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual(["hi"]);
  });

  it.each([
    ["on a plan without user groups", "plan_upgrade_required"],
    ["while Slack does not list them", "internal_error"],
  ])("knows no user groups %s, and lets in by name", async (_, failure) => {
    const bot = await start("allow", { roles: ["S1"], users: [ANN] }, failing(failure, 4));
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
    const opened = [...bot.server.world.views.values()].map(({ content }) => JSON.stringify(content));
    expect(opened).toEqual([expect.stringMatching(/not on the list/)]);
    expect(told().map(shownText)).toEqual([NOT_LISTED]);
    expect(bot.server.replies(message)).toEqual([]);
    expect(bot.server.transcript(bot.channel)).toEqual(["Ann: <@U0CRIA> /modle big", "Ann: Llamas hum."]);
  });

  it("is asked for before a menu is shown, or a typing error is explained", async () => {
    const bot = await start("deny", { users: ["U000001"] });
    const { people, interactions, world } = bot.server;
    const told = () => bot.server.messages(bot.channel, undefined, bot.ann).filter(({ ephemeralTo }) => ephemeralTo);
    await interactions.command(bot.ann, bot.channel, "model");
    await interactions.command(bot.ann, bot.channel, "modle");
    await bot.server.until(() => told().length === 2);
    expect(told().map(shownText)).toEqual([NOT_LISTED, NOT_LISTED]);
    const listing = people.mention(bot.channel, bot.ann, "model");
    await bot.server.until(() => bot.server.replies(listing).length === 1);
    expect(JSON.stringify(bot.server.replies(listing))).not.toContain("model_open");
    const bob = people.addUser("Bob");
    const list = people.mention(bot.channel, bob, "model");
    await bot.server.until(() => bot.server.replies(list).length === 1);
    expect(world.views.size).toBe(0);
    await interactions.press(bot.server.replies(list)[0]!, "model_open", bot.ann);
    await bot.server.until(() => world.views.size > 0);
    const opened = [...world.views.values()].map(({ content }) => JSON.stringify(content));
    expect(opened).toEqual([expect.stringMatching(/not on the list/)]);
  });

  it("lists models to who may only look, and offers no menu of them", async () => {
    const access = { ...OPEN_ACCESS, adminCommands: ["model" as const] };
    const bot = await startSlackBot({ core: { access } });
    bots.push(bot);
    const { people, interactions, world } = bot.server;
    const told = () => bot.server.messages(bot.channel, undefined, bot.ann).filter(({ ephemeralTo }) => ephemeralTo);
    await interactions.command(bot.ann, bot.channel, "model");
    await bot.server.until(() => told().length === 1 || world.views.size > 0);
    expect(told().map(shownText)).toEqual([expect.stringContaining("**small** (in use here")]);
    people.openApp(bot.ann, "home");
    await bot.server.until(() => world.homes.has(bot.ann));
    const home = JSON.stringify(world.homes.get(bot.ann)!.content);
    expect(home).toContain("#general");
    expect(home).not.toContain("model_choose");
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

  it("tells who is denied so once, however often they mention it or give commands", async () => {
    const bot = await start("deny", { users: ["U000001"] });
    const said = ["hi", "status", "/modle", "hi again", "compare small big Why?"];
    const questions = said.map((text) => bot.server.people.mention(bot.channel, bot.ann, text));
    const answers = () => questions.flatMap((question) => bot.server.replies(question)).map(shownText);
    await bot.server.until(() => answers().length > 0);
    // A direct message is answered each time: by then the others were dealt with.
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual([NOT_LISTED]);
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual([NOT_LISTED]);
    expect(answers()).toEqual([NOT_LISTED]);
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

  it("tells who is over a quota so once, however often they mention it", async () => {
    const bot = await startSlackBot({ core: { quotaLimits: { userTokensPerDay: 1 } } });
    bots.push(bot);
    await repliesTo(bot.server, bot.server.people.mention(bot.channel, bot.ann, "hi"));
    const questions = ["one", "two", "three"].map((text) => bot.server.people.mention(bot.channel, bot.ann, text));
    const answers = () => questions.flatMap((question) => bot.server.replies(question)).map(shownText);
    await bot.server.until(() => answers().length > 0);
    const refusal = expect.stringContaining("token");
    // A direct message is answered each time: by then the others were dealt with.
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual([refusal]);
    expect(await replies(bot, bot.server.people.dm(bot.ann, "hi"))).toEqual([refusal]);
    expect(answers()).toEqual([refusal]);
  });

  it("counts a comparison as two messages", async () => {
    const bot = await startSlackBot({ core: { quotaLimits: { userMessagesPerMinute: 2 } } });
    bots.push(bot);
    const compared = bot.server.people.mention(bot.channel, bot.ann, "compare small big Why?");
    await repliesTo(bot.server, compared, 2);
    const refusal = expect.stringContaining("You have sent 2 messages in a minute");
    expect(await replies(bot, bot.server.people.mention(bot.channel, bot.ann, "hi"))).toEqual([refusal]);
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
