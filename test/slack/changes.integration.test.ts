import type { Stores } from "@cria/bot-core";
import { createGate } from "@cria/bot-core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Message, shownText } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";
import { openStores } from "./shared-memory.ts";
import { CHAT_MODEL, type SlackBot, startSlackBot } from "./slack-bot.ts";

let bot: SlackBot;
/** What the bot did in the memory that its processes share. */
let used: string[];

/** A memory that notes what is called on it. */
function watch(stores: Stores): Stores {
  const watched = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get: (target, key) => {
        const value = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          used.push(`${name}.${String(key)}`);
          return value.apply(target, args);
        };
      },
    });
  const ports = Object.entries(stores).map(([name, port]) => [
    name,
    typeof port === "object" ? watched(name, port) : port,
  ]);
  return { ...stores, ...Object.fromEntries(ports) };
}

beforeEach(async () => {
  used = [];
  bot = await startSlackBot({ core: { stores: watch(await openStores()) } });
  bot.model.models = [CHAT_MODEL];
});

afterEach(async () => {
  await bot.close();
});

const replies = async (question: Message, most = 1) => (await repliesTo(bot.server, question, most)).map(shownText);
const lastPrompt = () => bot.prompts().at(-1)!;
const haveArrived = () =>
  bot.server.until(() => bot.server.deliveries.sent.every(({ isAcknowledged }) => isAcknowledged));

const chunksAround = async function* (opened: Promise<void>) {
  yield "first";
  await opened;
  yield " words";
};

describe("a message that is edited", () => {
  it("is answered once where the edit adds the mention", async () => {
    const { people, world } = bot.server;
    const message = people.say(bot.channel, bot.ann, "how many stomachs?");
    await haveArrived();
    people.edit(message, `<@${world.botUser}> how many stomachs?`);
    expect(await replies(message)).toEqual(["how many stomachs?"]);
    people.edit(message, "how many?");
    people.edit(message, `<@${world.botUser}> how many?`);
    await haveArrived();
    expect(bot.model.requests).toHaveLength(1);
  });
});

describe("messages that are deleted", () => {
  it("are nothing to the memory where people talked among themselves", async () => {
    const { people } = bot.server;
    const ben = people.addUser("Ben");
    const root = people.say(bot.channel, bot.ann, "lunch?");
    const chatter = Array.from({ length: 25 }, (_, n) => [
      people.say(bot.channel, ben, `top ${n}`),
      people.say(bot.channel, ben, `reply ${n}`, { threadTs: root.ts }),
    ]).flat();
    await haveArrived();
    used = [];
    for (const message of chatter) people.remove(message);
    await haveArrived();
    expect(used).toEqual([]);
  });

  it("are forgotten where they were for the bot, with their answers", async () => {
    const { people } = bot.server;
    const question = people.mention(bot.channel, bot.ann, "the password is llama");
    await replies(question);
    const next = people.say(bot.channel, bot.ann, "and now?", { threadTs: question.ts });
    await replies(question, 2);
    expect(lastPrompt()).toContain("llama");
    people.remove(question);
    await haveArrived();
    people.say(bot.channel, bot.ann, "what was it?", { threadTs: question.ts });
    await replies(next, 3);
    expect(lastPrompt()).not.toContain("llama");
  });

  it("are forgotten by someone's deletion of the answer", async () => {
    const { people } = bot.server;
    bot.model.script({ chunks: ["It is llama."] });
    const question = people.mention(bot.channel, bot.ann, "the password?");
    const [answer] = await repliesTo(bot.server, question);
    people.remove(answer!);
    await haveArrived();
    people.mention(bot.channel, bot.ann, "what was it?", { threadTs: question.ts });
    await replies(question);
    expect(lastPrompt()).not.toContain("llama");
    expect(lastPrompt()).toContain("what was it?");
  });
});

const STOPPED = { type: "context", elements: [{ type: "mrkdwn", text: "Stopped." }] };

describe("a reply that is deleted", () => {
  it("ends with a sign where its last message is deleted while it is written", async () => {
    const text = Array.from({ length: 30 }, (_, n) => `${n} ${"llama ".repeat(100)}`).join("\n\n");
    bot.model.script({ chunks: text.match(/[\s\S]{1,2000}/g)!, hold: new Promise<void>(() => {}) });
    const question = bot.server.people.dm(bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 2);
    await replies(bot.server.people.dm(bot.ann, "still there?"));
    const [first, second] = bot.server.replies(question);
    bot.server.people.remove(second!);
    await bot.server.until(() => first!.blocks.length > 1);
    expect(first!.blocks.slice(1)).toEqual([STOPPED]);
  });

  it("stops when the reply is deleted, and writes nothing more", async () => {
    const isShown = createGate();
    bot.model.script({ chunks: chunksAround(isShown.opened), hold: new Promise(() => {}) });
    const question = bot.server.people.dm(bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    isShown.open();
    await bot.server.until(() => bot.server.replies(question).map(shownText).join() === "first words");
    bot.server.people.remove(bot.server.replies(question)[0]!);
    bot.server.people.dm(bot.ann, "and now?", { threadTs: question.ts });
    expect(await replies(question)).toEqual(["and now?"]);
    expect(lastPrompt()).not.toContain("first");
  });

  it("stops where Slack says that the reply is gone, though nobody tells who deleted it", async () => {
    const isDeleted = createGate();
    bot.model.script({ chunks: chunksAround(isDeleted.opened), hold: new Promise(() => {}) });
    const question = bot.server.people.dm(bot.ann, "hi");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    bot.server.replies(question)[0]!.isDeleted = true;
    isDeleted.open();
    bot.server.people.dm(bot.ann, "and now?", { threadTs: question.ts });
    expect(await replies(question)).toEqual(["and now?"]);
    expect(lastPrompt()).not.toContain("first");
  });

  it.each(["while it is written", "later"])(
    "forgets a long reply when its first message is deleted %s",
    async (when) => {
      const text = Array.from({ length: 30 }, (_, n) => `${n} ${"llama ".repeat(100)}`).join("\n\n");
      const hold = when === "later" ? Promise.resolve() : new Promise<void>(() => {});
      bot.model.script({ chunks: text.match(/[\s\S]{1,2000}/g)!, hold });
      const question = bot.server.people.dm(bot.ann, "hi");
      if (when === "later") await repliesTo(bot.server, question);
      else await bot.server.until(() => bot.server.replies(question).length === 2);
      const [first, second] = bot.server.replies(question);
      bot.server.people.remove(first!);
      await haveArrived();
      bot.server.people.dm(bot.ann, "and now?", { threadTs: question.ts });
      await bot.server.until(() => bot.server.replies(question).map(shownText).at(-1) === "and now?");
      expect(lastPrompt()).not.toContain("llama");
      await bot.server.until(() => second!.streamingSinceMs === undefined);
      if (when === "while it is written") expect(second!.blocks.slice(1)).toEqual([STOPPED]);
    },
  );
});

describe("a reply with links", () => {
  const words = "See https://a.example and https://b.example.";
  const previews = (message: Message) => bot.server.previews(message).length;

  it("stands without previews of them, streamed or posted", async () => {
    bot.model.script({ chunks: [words] }, { chunks: [words] });
    const [streamed] = await repliesTo(bot.server, bot.server.people.mention(bot.channel, bot.ann, "links"));
    await bot.server.until(() => previews(streamed!) === 0);
    bot.server.api.failNext("chat.startStream", "feature_not_enabled");
    const [posted] = await repliesTo(bot.server, bot.server.people.mention(bot.channel, bot.ann, "links"));
    expect(previews(posted!)).toBe(0);
    expect(shownText(streamed!)).toBe(words);
  });

  it("has them where a channel wants them", async () => {
    await bot.server.interactions.command(bot.ann, bot.channel, "setting previews on");
    await bot.server.until(() => bot.server.messages(bot.channel, undefined, bot.ann).length > 0);
    bot.model.script({ chunks: [words] }, { chunks: [words] });
    const [streamed] = await repliesTo(bot.server, bot.server.people.mention(bot.channel, bot.ann, "links"));
    bot.server.api.failNext("chat.startStream", "feature_not_enabled");
    const [posted] = await repliesTo(bot.server, bot.server.people.mention(bot.channel, bot.ann, "links"));
    await haveArrived();
    expect([previews(streamed!), previews(posted!)]).toEqual([2, 2]);
  });
});
