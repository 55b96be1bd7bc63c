import { createMemoryStores } from "@cria/bot-core";
import { createGate } from "@cria/bot-core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { manifestOptions } from "../slack-server/manifest.ts";
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

const replies = async (question: Message, most = 1) => (await repliesTo(bot.server, question, most)).map(shownText);

describe("the Slack bot", () => {
  it("answers a mention in its thread, once though it comes as two events", async () => {
    bot.model.script({ chunks: ["Hello ", "Ann."] });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    expect(await replies(question)).toEqual(["Hello Ann."]);
    expect(bot.model.requests).toHaveLength(1);
    expect(bot.server.transcript(bot.channel)).toEqual(["Ann: <@U0CRIA> hi"]);
  });

  it("answers a mention where it may not read other messages", async () => {
    const scopes = manifestOptions().scopes.filter((scope) => !scope.endsWith(":history"));
    const other = await startSlackBot({ server: { scopes, events: ["app_mention"] } });
    const question = other.server.people.mention(other.channel, other.ann, "hi");
    expect((await repliesTo(other.server, question)).map(shownText)).toEqual(["hi"]);
    await other.close();
  });

  it("goes on in a thread that it is in, without a new mention", async () => {
    const question = bot.server.people.mention(bot.channel, bot.ann, "one");
    await replies(question);
    bot.server.people.say(bot.channel, bot.ann, "two", { threadTs: question.ts });
    expect(await replies(question, 2)).toEqual(["one", "two"]);
  });

  it("keeps out of threads that it is not in, and of words to someone else", async () => {
    const ben = bot.server.people.addUser("Ben");
    const root = bot.server.people.say(bot.channel, bot.ann, "lunch?");
    bot.server.people.say(bot.channel, ben, "yes", { threadTs: root.ts });
    const question = bot.server.people.mention(bot.channel, bot.ann, "one");
    await replies(question);
    bot.server.people.say(bot.channel, bot.ann, `<@${ben}> and you?`, { threadTs: question.ts });
    await bot.server.until(() => bot.server.deliveries.sent.every(({ isAcknowledged }) => isAcknowledged));
    expect(bot.model.requests).toHaveLength(1);
  });

  it("takes the root of a thread that it is called into as what the question is about", async () => {
    const root = bot.server.people.say(bot.channel, bot.ann, "The llama has three stomachs.");
    const question = bot.server.people.mention(bot.channel, bot.ann, "Is that right?", { threadTs: root.ts });
    await replies(question);
    expect(bot.prompts()[0]).toContain("The llama has three stomachs.");
    expect(bot.prompts()[0]).toContain("Is that right?");
  });

  it("answers direct messages, each top-level one in a thread of its own", async () => {
    const first = bot.server.people.dm(bot.ann, "one");
    const second = bot.server.people.dm(bot.ann, "two");
    expect(await replies(first)).toEqual(["one"]);
    expect(await replies(second)).toEqual(["two"]);
    bot.server.people.dm(bot.ann, "three", { threadTs: first.ts });
    expect(await replies(first, 2)).toEqual(["one", "three"]);
  });

  it("answers mentions in group direct messages as in a channel", async () => {
    const ben = bot.server.people.addUser("Ben");
    const group = bot.server.people.addGroupDm([bot.ann, ben]);
    bot.server.people.say(group, ben, "not for the bot");
    const question = bot.server.people.mention(group, bot.ann, "one");
    expect(await replies(question)).toEqual(["one"]);
    const next = bot.server.people.say(group, ben, "two", { threadTs: question.ts });
    await repliesTo(bot.server, next, 2);
    expect(bot.model.requests).toHaveLength(2);
  });

  it("is not called from within code, where Slack makes no mention of the name", async () => {
    bot.server.people.say(bot.channel, bot.ann, "`&lt;@U0CRIA&gt;` is how one calls it");
    const question = bot.server.people.mention(bot.channel, bot.ann, "and `&lt;@U0CRIA&gt;`?");
    await replies(question);
    expect(bot.prompts()).toEqual([expect.stringContaining("and `<@U0CRIA>`?")]);
  });

  it("takes messages of 10,000 characters", async () => {
    await replies(bot.server.people.mention(bot.channel, bot.ann, "word ".repeat(2_000)));
    expect(bot.prompts()[0]!.length).toBeGreaterThanOrEqual(9_999);
  });

  it("answers an event that is delivered again only once", async () => {
    const question = bot.server.people.dm(bot.ann, "hi");
    await replies(question);
    await bot.server.deliveries.redeliver(bot.server.deliveries.sent[0]!);
    await bot.server.deliveries.redeliver(bot.server.deliveries.sent[0]!);
    expect(bot.server.replies(question)).toHaveLength(1);
    expect(bot.model.requests).toHaveLength(1);
  });

  it("shows a status until the first words come, and Slack's stop button", async () => {
    const gate = createGate();
    bot.model.script({ queue: gate.opened, chunks: ["done"] });
    const question = bot.server.people.dm(bot.ann, "hi");
    const status = () => bot.server.world.status(question.channel, question.ts);
    await bot.server.until(() => status() !== "");
    await bot.server.until(() => bot.server.world.sessions.get(`${question.channel}:${question.ts}`) === "processing");
    expect(status()).toBe("is thinking…");
    gate.open();
    expect(await replies(question)).toEqual(["done"]);
    await bot.server.until(() => bot.server.world.sessions.get(`${question.channel}:${question.ts}`) === "active");
    await bot.server.until(() => status() === "");
  });

  it("reads names for ids, and entities as what they stand for", async () => {
    const ben = bot.server.people.addUser("Ben");
    const question = bot.server.people.dm(bot.ann, `is <@${ben}> in <#C1|general> &lt; <https://a.example|here>?`);
    await replies(question);
    expect(bot.prompts()[0]).toBe("is @Ben in #general < here (https://a.example)?");
  });

  it("reads text files, and says so of others", async () => {
    const notes = bot.server.people.addFile("notes.txt", "llamas hum");
    const question = bot.server.people.dm(bot.ann, "what do they do?", { files: [notes] });
    await replies(question);
    expect(bot.prompts()[0]).toContain("llamas hum");
    const image = bot.server.people.addFile("a.png", Buffer.from([1, 2]), "image/png");
    const alone = bot.server.people.dm(bot.ann, "", { files: [image] });
    expect(await replies(alone)).toEqual([expect.stringContaining("I can only read text files, and a.png is none")]);
    const answered = ["They hum.\n\n*I can only read text files, so I left `a.png` out.*"];
    bot.model.script({ chunks: ["They hum."] }, { chunks: ["They hum."] });
    expect(await replies(bot.server.people.dm(bot.ann, "and this?", { files: [image] }))).toEqual(answered);
    expect(await replies(bot.server.people.dm(bot.ann, "and these?", { files: [image, notes] }))).toEqual(answered);
  });

  it("keeps the order of a thread, however long it takes to look a message's names up", async () => {
    const ben = bot.server.people.addUser("Ben");
    const root = bot.server.people.dm(bot.ann, "one");
    await replies(root);
    const gate = createGate();
    bot.server.api.delayNext("users.info", gate.opened);
    bot.server.people.dm(bot.ann, `is <@${ben}> in?`, { threadTs: root.ts });
    bot.server.people.dm(bot.ann, "three", { threadTs: root.ts });
    await bot.server.until(() => bot.server.deliveries.sent.every(({ isAcknowledged }) => isAcknowledged));
    gate.open();
    expect(await replies(root, 3)).toEqual(["one", "is @Ben in?", "three"]);
  });

  it("hears of an edit although the question's names are still looked up", async () => {
    const ben = bot.server.people.addUser("Ben");
    await replies(bot.server.people.dm(bot.ann, "one"));
    const gate = createGate();
    bot.server.api.delayNext("users.info", gate.opened);
    const question = bot.server.people.dm(bot.ann, `is <@${ben}> in?`);
    bot.server.people.edit(question, "two");
    await bot.server.until(() => bot.server.deliveries.sent.every(({ isAcknowledged }) => isAcknowledged));
    gate.open();
    expect(await replies(question)).toEqual(["two"]);
  });

  it("tells nobody of edits among people, and of an edit that was or is for it", async () => {
    const stores = createMemoryStores({ roundsTtlMs: 3_600_000 });
    const heard: string[] = [];
    stores.signals.subscribe((signal) => void (signal.type === "edit" && heard.push(signal.text)));
    const other = await startSlackBot({ core: { stores } });
    const { people } = other.server;
    const ben = people.addUser("Ben");
    const root = people.say(other.channel, other.ann, "lunch?");
    const reply = people.say(other.channel, ben, `<@${other.ann}> at one`, { threadTs: root.ts });
    people.edit(reply, `<@${other.ann}> at two`);
    people.mention(other.channel, other.ann, "is that late?", { threadTs: root.ts });
    await repliesTo(other.server, root);
    people.edit(root, "dinner?");
    people.edit(root, `dinner, <@${other.server.world.botUser}>?`);
    await repliesTo(other.server, root, 2);
    people.edit(root, `dinner, <@${ben}>?`);
    await expect.poll(() => heard).toEqual(["dinner, @Ben?"]);
    expect(other.model.requests).toHaveLength(2);
    await other.close();
  });

  it("answers anew in the same message when the question is edited meanwhile", async () => {
    const gate = createGate();
    bot.model.script({ chunks: ["first"], hold: new Promise(() => {}) }, { queue: gate.opened, chunks: ["second"] });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    bot.server.people.edit(question, `<@${bot.server.world.botUser}> hallo`);
    await bot.server.until(() =>
      bot.server.replies(question).some((shown) => shownText(shown).includes("answer it anew")),
    );
    gate.open();
    expect(await replies(question)).toEqual(["second"]);
    expect(bot.prompts()).toEqual([expect.stringContaining("hi"), expect.stringContaining("hallo")]);
  });

  it("answers anew where nothing was shown yet", async () => {
    bot.model.script({ queue: new Promise(() => {}) });
    const question = bot.server.people.dm(bot.ann, "hi");
    await bot.server.until(() => bot.model.requests.length === 1);
    bot.server.people.edit(question, "hallo");
    expect(await replies(question)).toEqual(["hallo"]);
  });

  it("takes back every message of a long reply that is answered anew", async () => {
    const text = Array.from({ length: 30 }, (_, n) => `${n} ${"llama ".repeat(100)}`).join("\n\n");
    bot.model.script({ chunks: text.match(/[\s\S]{1,2000}/g)!, hold: new Promise(() => {}) });
    const question = bot.server.people.dm(bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 2);
    bot.server.people.edit(question, "hallo");
    await repliesTo(bot.server, question);
    await bot.server.until(() => bot.server.replies(question).length === 1);
    expect(bot.server.replies(question).map(shownText)).toEqual(["hallo"]);
  });

  it("stops when the question is deleted", async () => {
    bot.model.script({ chunks: ["second"], hold: new Promise(() => {}) });
    const deleted = bot.server.people.dm(bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(deleted).length === 1);
    bot.server.people.remove(deleted);
    expect(await replies(deleted)).toEqual(["second"]);
  });

  it("says nothing of a question that is deleted while it waits for its turn", async () => {
    bot.model.script({ chunks: ["first"], hold: new Promise(() => {}) });
    const first = bot.server.people.dm(bot.ann, "one");
    await bot.server.until(() => bot.server.replies(first).length === 1);
    const waiting = bot.server.people.dm(bot.ann, "two", { threadTs: first.ts });
    const status = () => bot.server.world.status(first.channel, first.ts);
    await bot.server.until(() => status().startsWith("is waiting"));
    bot.server.people.remove(waiting);
    await bot.server.until(() => status() === "");
    expect(bot.server.replies(first).map(shownText)).toEqual(["first"]);
  });

  it("starts without following threads when told so", async () => {
    const other = await startSlackBot({ env: { CRIA_SLACK_THREADS: "0" } });
    const question = other.server.people.mention(other.channel, other.ann, "one");
    await other.server.until(() => other.server.replies(question).length === 1);
    other.server.people.say(other.channel, other.ann, "two", { threadTs: question.ts });
    await other.server.until(() => other.server.deliveries.sent.every(({ isAcknowledged }) => isAcknowledged));
    expect(other.model.requests).toHaveLength(1);
    await other.close();
  });

  it("ends its reply at the word stop where threads are not followed", async () => {
    const other = await startSlackBot({ env: { CRIA_SLACK_THREADS: "0" } });
    other.model.script({ chunks: ["As far as this"], hold: new Promise(() => {}) });
    const question = other.server.people.mention(other.channel, other.ann, "one");
    await other.server.until(() => other.server.replies(question).length === 1);
    other.server.people.say(other.channel, other.ann, "stop", { threadTs: question.ts });
    expect((await repliesTo(other.server, question)).map(shownText)).toEqual(["As far as this"]);
    await other.close();
  });
});
