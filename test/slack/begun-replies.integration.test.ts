import { createGate } from "@cria/bot-core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { BEGUN } from "../../bots/slack/src/reply/reply-messages.ts";
import { type Message, shownText } from "../slack-server/world/world.ts";
import { askAbout, type NextProcess, startNextProcess, stopNextProcesses } from "./next-processes.ts";
import { repliesTo } from "./replies-to.ts";
import { hasRedis, openStores } from "./shared-memory.ts";
import { type SlackBot, startSlackBot } from "./slack-bot.ts";

if (!hasRedis) process.stderr.write("skipped: what bots on Slack had begun, because redis-server is not on the PATH\n");

let bot: SlackBot;

const startNext = () => startNextProcess(bot);

const replies = async (question: Message) => (await repliesTo(bot.server, question)).map(shownText);

/** A bot that crashes before it can keep which messages it began. */
async function startForgetful(): Promise<void> {
  const stores = await openStores();
  const claim = stores.inbox.claim.bind(stores.inbox);
  stores.inbox.claim = async (entry) => {
    const delivery = await claim(entry);
    const keep = delivery?.keep.bind(delivery);
    return (
      delivery &&
      Object.assign(delivery, {
        keep: (state: { readonly handle?: string }) => state.handle === BEGUN && keep?.(state),
      })
    );
  };
  bot = await startSlackBot({ core: { stores } });
}

/** Somebody stops a direct message's reply; no process hears of it. */
async function stopAt({ channel, ts }: Message): Promise<void> {
  const { team, botUser } = bot.server.world;
  const writer = `slack:${team.id}:${botUser}`;
  const place = { platform: "slack", writer, workspaceId: team.id, channelId: channel, threadId: ts, isDirect: true };
  await bot.stores.inbox.note(place, { isStopped: true });
}

describe.skipIf(!hasRedis)("a bot on Slack", () => {
  afterEach(async () => {
    await stopNextProcesses();
    await bot.close();
  });

  it("goes on in the message of a process that crashed before it could keep which one that was", async () => {
    await startForgetful();
    bot.model.script({ chunks: ["Half"], hold: createGate().opened });
    const question = bot.server.people.mention(bot.channel, bot.ann, "talk");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    await bot.platform.stop(2_000);
    await startNext();
    expect(await replies(question)).toEqual(["talk"]);
  });

  it.each([
    [
      "takes a question over",
      async (next: NextProcess) => {
        await next.platform.stop(2_000);
        await startNext();
      },
    ],
    ["does not hear whether its own stream began", async () => bot.server.api.failNext("chat.startStream", 503)],
  ])("that %s leaves the stream alone that another process is about to end", async (_, happen) => {
    let connection = 0;
    bot = await startSlackBot({ server: { random: () => connection } });
    const next = await startNext();
    const [isAsked, isSaid, mayEnd] = [createGate(), createGate(), createGate()];
    bot.model.script({ queue: isAsked.opened, chunks: ["One"], hold: isSaid.opened });
    const question = bot.server.people.mention(bot.channel, bot.ann, "one");
    await bot.server.until(() => bot.model.requests.length === 1);
    connection = 0.5;
    bot.server.people.mention(bot.channel, bot.ann, "two", { threadTs: question.ts });
    await bot.server.until(() => bot.server.deliveries.sent.at(-1)?.isAcknowledged === true);
    isAsked.open();
    await bot.server.until(() => bot.server.replies(question).length === 1);
    bot.server.api.delayNext("chat.stopStream", mayEnd.opened);
    await happen(next);
    isSaid.open();
    await repliesTo(bot.server, question);
    mayEnd.open();
    await repliesTo(bot.server, question, 2);
    expect(bot.server.replies(question).map(shownText)).toEqual(["One", "two"]);
  });

  it.each([
    ["knows", startSlackBot],
    ["has to look for", startForgetful],
  ])("leaves words that it %s where somebody stops them while nobody writes them", async (_, start) => {
    bot = (await start()) ?? bot;
    bot.model.script({ chunks: ["Half"], hold: createGate().opened });
    const question = bot.server.people.dm(bot.ann, "talk");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    await bot.platform.stop(2_000);
    await stopAt(question);
    const { model } = await startNext();
    await bot.server.until(() => bot.server.replies(question)[0]!.streamingSinceMs === undefined);
    await bot.server.until(() => bot.server.world.status(question.channel, question.ts) === "");
    expect(bot.server.replies(question).map(shownText)).toEqual(["Half"]);
    expect(model.requests).toEqual([]);
  });

  it("ends a press under the answer to a question about a message below what a crashed process had begun", async () => {
    await startForgetful();
    bot.model.script({ chunks: ["They do."] }, { chunks: ["Half"], hold: createGate().opened });
    const message = bot.server.people.say(bot.channel, bot.ann, "Llamas hum.");
    await askAbout(bot, message);
    const [, reply] = await repliesTo(bot.server, message);
    await bot.server.interactions.press(reply!, "reply_regenerate", bot.ann);
    await bot.server.until(() => bot.server.replies(message).length === 3);
    await bot.platform.stop(2_000);
    await startNext();
    const shown = () => bot.server.replies(message).map(shownText);
    await bot.server.until(() => shown().some((text) => text.startsWith("⚠️")));
    expect(shown()).toEqual([expect.stringContaining("asks"), "They do.", "Half", expect.stringMatching(/^⚠️/)]);
    expect(bot.server.replies(message)[2]!.streamingSinceMs).toBeUndefined();
  });
});
