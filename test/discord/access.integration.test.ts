import { OPEN_ACCESS } from "@cria/bot-core";
import { afterEach, describe, expect, it } from "vitest";
import { buttonLabels } from "../discord-server/index.ts";
import { DiscordRun } from "./discord-run.ts";

let run: DiscordRun;

type Lists = Partial<typeof OPEN_ACCESS.allow>;
/** A bot with such lists; they may name what is on its server. */
async function start(kind: "allow" | "deny", lists: (run: DiscordRun) => Lists): Promise<void> {
  const named = { ...OPEN_ACCESS[kind] };
  run = await DiscordRun.prepare({ core: { access: { ...OPEN_ACCESS, [kind]: named } } });
  Object.assign(named, lists(run));
  await run.platform.start();
}

const words = (content: string) => content.replace(/\n?-# .*$/s, "");
const answerTo = async (channel = run.channel) => words((await run.ended(channel)).json.content);
const lookups = () => run.server.requests.filter(({ path }) => /\/guilds\/\d+\/members\//.test(path));

describe("access on Discord", () => {
  afterEach(() => run.stop());

  it.each([
    ["guilds", "workspaces", ({ guild }: DiscordRun) => guild.id, /this server/],
    ["channels", "channels", ({ channel }: DiscordRun) => channel.id, /this channel/],
    ["people", "users", ({ ann }: DiscordRun) => ann.id, /not on the list/],
  ] as const)("is denied by %s", async (_, kind, id, sentence) => {
    await start("deny", (prepared) => ({ [kind]: [id(prepared)] }));
    run.ann.mention(run.channel, "hello");
    expect(await answerTo()).toMatch(sentence);
    expect(buttonLabels(await run.ended())).toEqual([]);
  });

  it("is asked for before anything is said in public", async () => {
    await start("deny", ({ ann }) => ({ users: [ann.id] }));
    run.ann.mention(run.channel, "/modle other");
    await expect.poll(() => run.server.botMessages(run.channel).map(({ json }) => json.content)).toHaveLength(1);
    run.ann.slash(run.channel, "compare", { first: "fake", second: "fake", question: "a secret?" });
    const notes = () => run.server.seen(run.channel, run.ann).filter(({ ephemeralFor }) => ephemeralFor === run.ann.id);
    await run.server.until(() => notes().length === 1, "a refusal");
    expect(notes()[0]?.json.content).toMatch(/not on the list/);
    expect(run.server.botTexts(run.channel)).toEqual([expect.stringMatching(/not on the list/)]);
  });

  it("says nothing to who is denied and talks to others in a thread, and tells who calls the bot", async () => {
    const denied: string[] = [];
    run = await DiscordRun.prepare({
      core: { access: { ...OPEN_ACCESS, deny: { ...OPEN_ACCESS.deny, users: denied } } },
    });
    const bob = run.server.addPerson("Bob", run.guild);
    denied.push(bob.id);
    await run.platform.start();
    const thread = run.ann.startThread(run.channel, "a thread");
    run.ann.mention(thread, "come here");
    await run.ended(thread);
    bob.say(thread, "I wonder");
    bob.say(thread, "/status");
    run.ann.say(thread, "and I?");
    await run.sees("and I?", thread);
    bob.mention(thread, "and I?");
    expect(await answerTo(thread)).toMatch(/not on the list/);
    expect(run.server.botTexts(thread).map(words)).toEqual(["come here", "and I?", expect.stringMatching(/not on/)]);
  });

  it("is denied with one sentence, however often somebody asks in a channel", async () => {
    await start("deny", ({ ann }) => ({ users: [ann.id] }));
    for (const question of ["hello", "hello?", "is anybody there?"]) run.ann.mention(run.channel, question);
    const bob = run.server.addPerson("Bob", run.guild);
    bob.mention(run.channel, "and I?");
    await run.sees("and I?");
    await run.ended();
    expect(run.server.botTexts(run.channel).map(words)).toEqual([expect.stringMatching(/not on the list/), "and I?"]);
  });

  it("is told once in a channel that it has asked for too much", async () => {
    run = await DiscordRun.start({ core: { quotaLimits: { userMessagesPerMinute: 1 } } });
    for (const question of ["one", "two", "three"]) run.ann.mention(run.channel, question);
    const bob = run.server.addPerson("Bob", run.guild);
    bob.mention(run.channel, "and I?");
    await run.sees("and I?");
    await run.ended();
    const told = run.server.botTexts(run.channel).filter((text) => text.includes("in a minute"));
    expect(told).toHaveLength(1);
  });

  it("is allowed by roles, in direct messages as well", async () => {
    await start("allow", ({ server, guild, ann }) => ({ roles: [server.giveRole(guild, ann, "staff")] }));
    run.ann.mention(run.channel, "hello");
    expect(await answerTo()).toBe("hello");
    run.ann.dm("hello in private");
    expect(await answerTo(run.ann.directChannel)).toBe("hello in private");
    const bob = run.server.addPerson("Bob", run.guild);
    bob.dm("hello");
    expect(await answerTo(bob.directChannel)).toMatch(/not on the list/);
  });

  it("is denied by roles in direct messages, and while Discord does not tell them", async () => {
    await start("deny", ({ server, guild, ann }) => ({ roles: [server.giveRole(guild, ann, "guests")] }));
    run.ann.dm("hello");
    expect(await answerTo(run.ann.directChannel)).toMatch(/not on the list/);
    const bob = run.server.addPerson("Bob", run.guild);
    run.server.fail("GET", /^\/guilds\/\d+\/members\//, 403);
    bob.dm("hello");
    expect(await answerTo(bob.directChannel)).toMatch(/cannot see which roles/);
    bob.dm("hello again");
    await run.sees("hello again", bob.directChannel);
  });

  it("lets members of an allowed guild write directly, and nobody else", async () => {
    await start("allow", ({ guild }) => ({ workspaces: [guild.id] }));
    const elsewhere = run.server.createGuild("another");
    elsewhere.owner.dm("hello");
    expect(await answerTo(elsewhere.owner.directChannel)).toMatch(/not set up to answer you/);
    run.ann.dm("hello");
    expect(await answerTo(run.ann.directChannel)).toBe("hello");
    run.ann.dm("again");
    await run.sees("again", run.ann.directChannel);
    expect(lookups()).toHaveLength(2);
  });

  it("asks for nobody's guilds where no list needs them", async () => {
    await start("deny", ({ ann }) => ({ users: [ann.id] }));
    run.ann.dm("hello");
    expect(await answerTo(run.ann.directChannel)).toMatch(/not on the list/);
    expect(lookups()).toEqual([]);
  });

  it("is for nobody whose guilds Discord does not tell, until it does", async () => {
    await start("allow", ({ guild }) => ({ workspaces: [guild.id] }));
    run.server.fail("GET", /^\/guilds\/\d+\/members\//, 403);
    run.ann.dm("hello");
    expect(await answerTo(run.ann.directChannel)).toMatch(/not set up to answer you/);
    run.ann.dm("hello again");
    await run.sees("hello again", run.ann.directChannel);
  });
});
