import { createGate } from "@cria/bot-core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { type Message, shownText } from "../slack-server/world/world.ts";
import { askAbout, type NextOptions, startNextProcess, stopNextProcesses } from "./next-processes.ts";
import { repliesTo } from "./replies-to.ts";
import { hasRedis, openStores } from "./shared-memory.ts";
import { CHAT_MODEL, type SlackBot, startSlackBot } from "./slack-bot.ts";

if (!hasRedis) process.stderr.write("skipped: what bots on Slack take over, because redis-server is not on the PATH\n");

let bot: SlackBot;
const startNext = (options?: NextOptions) => startNextProcess(bot, options);

const replies = async (question: Message) => (await repliesTo(bot.server, question)).map(shownText);

const isAcknowledged = (index: number) => bot.server.deliveries.sent[index]?.isAcknowledged;

/** A bot whose claims wait; resolves to what resolves when one has begun. */
async function startWithSlowClaims(claimed: Promise<void>): Promise<{ readonly hasBegun: Promise<void> }> {
  const begun = createGate();
  const stores = await openStores();
  const claim = stores.inbox.claim.bind(stores.inbox);
  stores.inbox.claim = async (entry) => {
    begun.open();
    await claimed;
    return await claim(entry);
  };
  bot = await startSlackBot({ core: { stores } });
  return { hasBegun: begun.opened };
}

describe.skipIf(!hasRedis)("a bot on Slack", () => {
  afterEach(async () => {
    await stopNextProcesses();
    await bot.close();
  });

  it("that is stopped has its reply finished by another process, in the same message", async () => {
    bot = await startSlackBot();
    bot.model.script({ chunks: ["Half"], hold: createGate().opened });
    const question = bot.server.people.mention(bot.channel, bot.ann, "talk");
    await bot.server.until(() => bot.server.replies(question).some((reply) => shownText(reply).includes("Half")));
    await bot.platform.stop(2_000);
    expect(bot.server.replies(question).map(shownText)).toEqual(["Half"]);
    const { model } = await startNext();
    expect(await replies(question)).toEqual(["talk"]);
    expect(model.requests).toHaveLength(1);
  });

  it("ends what another process writes in a direct message at the word stop beside its threads", async () => {
    let connection = 0;
    bot = await startSlackBot({ server: { random: () => connection } });
    const { model } = await startNext();
    bot.model.script(...[1, 2].map(() => ({ chunks: ["As far as this"], hold: createGate().opened })));
    const question = bot.server.people.dm(bot.ann, "one");
    const elsewhere = bot.server.people.mention(bot.channel, bot.ann, "two");
    const areBegun = () => [question, elsewhere].every((each) => bot.server.replies(each).length === 1);
    await bot.server.until(areBegun);
    connection = 0.5;
    bot.server.people.dm(bot.ann, "stop");
    expect(await replies(question)).toEqual(["As far as this"]);
    expect(model.requests).toEqual([]);
    expect(JSON.stringify(bot.server.replies(elsewhere)[0]!.blocks ?? [])).not.toContain("actions");
  });

  it("acknowledges a message once it is claimed: one that crashes before is sent it again", async () => {
    const { hasBegun } = await startWithSlowClaims(new Promise(() => {}));
    const question = bot.server.people.dm(bot.ann, "hi");
    await hasBegun;
    bot.server.socketMode.disconnect("cut");
    await bot.platform.stop(2_000);
    expect(isAcknowledged(0)).toBe(false);
    await startNext();
    bot.clock.advance(60_000);
    expect(await replies(question)).toEqual(["hi"]);
  });

  it("acknowledges one whose claim takes its time before Slack sends it again, and answers it once", async () => {
    const gate = createGate();
    await startWithSlowClaims(gate.opened);
    const question = bot.server.people.dm(bot.ann, "hi");
    await bot.server.until(() => isAcknowledged(0) === true);
    expect(bot.server.replies(question)).toEqual([]);
    gate.open();
    expect(await replies(question)).toEqual(["hi"]);
    expect(bot.server.deliveries.sent[0]!.attempts).toBe(1);
  });

  it("that is stopped while it claims a message leaves it to another process", async () => {
    const gate = createGate();
    const { hasBegun } = await startWithSlowClaims(gate.opened);
    const question = bot.server.people.dm(bot.ann, "hi");
    await hasBegun;
    const stopped = bot.platform.stop(2_000);
    gate.open();
    await stopped;
    await startNext();
    expect(await replies(question)).toEqual(["hi"]);
    expect(bot.model.requests).toEqual([]);
  });

  it("that is stopped while it looks up names leaves the message to another process", async () => {
    bot = await startSlackBot();
    const gate = createGate();
    bot.server.api.delayNext("users.info", gate.opened);
    const question = bot.server.people.dm(bot.ann, "hi");
    await bot.server.until(() => isAcknowledged(0) === true);
    await Promise.all([bot.platform.stop(2_000), gate.open()]);
    await startNext();
    expect(await replies(question)).toEqual(["hi"]);
  });

  it("answers a direct message that was sent while none ran, in a channel that it has never seen", async () => {
    bot = await startSlackBot();
    await bot.platform.stop(2_000);
    const ben = bot.server.people.addUser("Ben");
    const question = bot.server.people.dm(ben, "anyone?");
    await startNext();
    bot.clock.advance(60_000);
    expect(await replies(question)).toEqual(["anyone?"]);
  });

  it("ends a reply that another began in a channel whose messages are no more all answered", async () => {
    bot = await startSlackBot();
    const set = async (value: "on" | "off") => {
      await bot.server.interactions.command(bot.ann, bot.channel, `setting answer-all ${value}`);
      const said = () => bot.server.messages(bot.channel, undefined, bot.ann).map(shownText);
      await bot.server.until(() => said().some((text) => text.includes(`**${value}**`)));
    };
    await set("on");
    bot.model.script({ chunks: ["Half"], hold: createGate().opened });
    const question = bot.server.people.say(bot.channel, bot.ann, "talk");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    await set("off");
    await bot.platform.stop(2_000);
    await startNext();
    expect(await replies(question)).toEqual(["talk"]);
  });

  it("asks again whether a message in a thread was for it where Slack did not tell", async () => {
    bot = await startSlackBot();
    const question = bot.server.people.mention(bot.channel, bot.ann, "one");
    await replies(question);
    bot.server.people.mention(bot.channel, bot.ann, "reset", { threadTs: question.ts });
    await bot.server.until(() => bot.server.replies(question).length === 2);
    const gate = createGate();
    bot.server.api.delayNext("users.info", gate.opened);
    const ben = bot.server.people.addUser("Ben");
    bot.server.people.say(bot.channel, ben, "two", { threadTs: question.ts });
    await bot.server.until(() => bot.server.deliveries.sent.at(-1)?.isAcknowledged === true);
    await Promise.all([bot.platform.stop(2_000), gate.open()]);
    for (let tries = 0; tries < 2; tries++) bot.server.api.failNext("conversations.replies", 503);
    await startNext({ leaseMs: 1_000 });
    await repliesTo(bot.server, question, 2);
    expect(bot.server.replies(question).map(shownText)).toEqual(["one", expect.anything(), "two"]);
  });

  it("goes on with a message that is too long to be kept, its file included", async () => {
    bot = await startSlackBot();
    bot.model.script({ queue: createGate().opened });
    const notes = bot.server.people.addFile("notes.txt", "llamas hum");
    const text = `${"é".repeat(31_000)} end`;
    const question = bot.server.people.dm(bot.ann, text, { files: [notes] });
    await bot.server.until(() => bot.server.calls("assistant.threads.setStatus").length > 0);
    await expect.poll(() => bot.model.requests).toHaveLength(1);
    await bot.platform.stop(2_000);
    const { model } = await startNext();
    await repliesTo(bot.server, question);
    const prompt = model.requests[0]!.prompt.map((segment) => segment.text).join("");
    expect(prompt).toContain("llamas hum");
    expect(prompt).toContain(" end");
  });

  it.each(["a message of a long reply", "the question that it showed"])(
    "forgets what another process wrote with %s",
    async (what) => {
      bot = await startSlackBot();
      bot.model.script({ chunks: Array.from({ length: 8 }, () => `${"llama ".repeat(300)}\n\n`) });
      const message = bot.server.people.say(bot.channel, bot.ann, "They hum.");
      if (what === "the question that it showed") await askAbout(bot, message);
      else bot.server.people.mention(bot.channel, bot.ann, "Why?", { threadTs: message.ts });
      const [first] = await repliesTo(bot.server, message);
      await bot.platform.stop(2_000);
      const { model } = await startNext();
      model.models = [CHAT_MODEL];
      bot.server.people.remove(first!);
      await bot.server.until(() => bot.server.deliveries.sent.every(({ isAcknowledged: isDone }) => isDone));
      bot.server.people.mention(bot.channel, bot.ann, "and now?", { threadTs: message.ts });
      await bot.server.until(() => model.requests.length === 1);
      expect(JSON.stringify(model.requests[0]!.prompt)).not.toContain("llama");
    },
  );

  it("leaves a reply alone that another process had finished", async () => {
    const stores = await openStores();
    const claim = stores.inbox.claim.bind(stores.inbox);
    // It crashes before it can say that the reply has ended.
    stores.inbox.claim = async (entry) => {
      const delivery = await claim(entry);
      return delivery && Object.assign(delivery, { end: () => delivery.release() });
    };
    bot = await startSlackBot({ core: { stores } });
    const question = bot.server.people.dm(bot.ann, "hi");
    await repliesTo(bot.server, question);
    await bot.platform.stop(2_000);
    const { model } = await startNext();
    await bot.server.until(() => bot.server.calls("conversations.replies").length > 0);
    expect(await replies(question)).toEqual(["hi"]);
    expect(model.requests).toEqual([]);
  });
});
