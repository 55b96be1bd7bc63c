import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createMemoryStores } from "@cria/bot-core";
import { createGate } from "@cria/bot-core/testing";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { checkBotToken, SCOPES } from "../../bots/slack/src/check-tokens.ts";
import { shownLines } from "../shown-lines.ts";
import type { SlackServer } from "../slack-server/slack-server.ts";
import { type Message, shownText } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";
import { createBot, type SlackBot, startSlackBot } from "./slack-bot.ts";

let bot: SlackBot;

const closeBot = async () => await bot.close();

const replies = async (question: Message, most = 1) => (await repliesTo(bot.server, question, most)).map(shownText);

describe("the bot's connection to Slack", () => {
  afterEach(closeBot);

  it.each(["warning", "refresh_requested", "cut"] as const)("comes back by itself after: %s", async (reason) => {
    bot = await startSlackBot();
    bot.server.socketMode.disconnect(reason);
    await bot.server.until(() => bot.server.socketMode.numConnections === 0);
    await bot.server.until(() => bot.server.socketMode.numConnections === 1);
    expect(await replies(bot.server.people.dm(bot.ann, "after"))).toEqual(["after"]);
  });

  it("comes back when Slack is away for a while", async () => {
    bot = await startSlackBot();
    for (const failure of [500, 503, "internal_error"]) bot.server.api.failNext("apps.connections.open", failure);
    bot.server.socketMode.disconnect("cut");
    await bot.server.until(() => bot.server.calls("apps.connections.open").length === 5);
    await bot.server.until(() => bot.server.socketMode.numConnections === 1);
    expect(await replies(bot.server.people.dm(bot.ann, "after"))).toEqual(["after"]);
  });

  it("loses no message and finishes its reply when it is cut in the middle of one", async () => {
    bot = await startSlackBot();
    const gate = createGate();
    bot.model.script({ chunks: ["The first half. ", "The second."], hold: gate.opened });
    const question = bot.server.people.dm(bot.ann, "one");
    await bot.server.until(() => bot.server.replies(question).length === 1);
    bot.server.socketMode.disconnect("cut");
    const missed = bot.server.people.dm(bot.ann, "two");
    gate.open();
    expect(await replies(question)).toEqual(["The first half. The second."]);
    await bot.server.until(() => bot.server.socketMode.numConnections === 1);
    bot.clock.advance(60_000);
    expect(await replies(missed)).toEqual(["two"]);
  });

  it("answers for itself where another app on the same memory answers the same message", async () => {
    const stores = createMemoryStores({ roundsTtlMs: 3_600_000 });
    const claim = stores.inbox.claim.bind(stores.inbox);
    bot = await startSlackBot({ core: { stores } });
    stores.inbox.claim = async (entry) => {
      await claim({ ...entry, place: { ...entry.place, writer: "another" } });
      return await claim(entry);
    };
    expect(await replies(bot.server.people.mention(bot.channel, bot.ann, "both of you"))).toEqual(["both of you"]);
  });

  it("ends with one sentence where Slack takes the app-level token away", async () => {
    bot = await startSlackBot();
    bot.server.revoke(bot.server.appToken);
    bot.server.socketMode.disconnect("link_disabled");
    await bot.server.until(() => bot.server.calls("apps.connections.open").at(-1)!.error === "token_revoked");
    await expect.poll(() => bot.losses).toHaveLength(1);
    expect(bot.losses).toEqual([expect.stringContaining("npm run setup -- slack")]);
  });

  it("ends with one sentence where a call that is rare shows that the bot token was taken away", async () => {
    bot = await startSlackBot();
    bot.server.revoke(bot.server.botToken);
    bot.server.people.openApp(bot.ann, "home");
    await bot.server.until(() => bot.server.calls("users.conversations").at(-1)?.error === "token_revoked");
    await expect.poll(() => bot.losses).toHaveLength(1);
    expect(bot.losses).toEqual([expect.stringContaining("no longer takes the bot token (xoxb-) (token_revoked)")]);
  });

  it.each([
    ["CRIA_SLACK_BOT_TOKEN", "xoxb-wrong", /bot token \(xoxb-\) \(invalid_auth\).*OAuth & Permissions/],
    ["CRIA_SLACK_APP_TOKEN", "xapp-wrong", /app-level token \(xapp-\) \(invalid_auth\).*App-Level Tokens/],
  ])("does not begin with a wrong %s, and says where to find the right one", async (name, value, sentence) => {
    bot = await startSlackBot();
    const other = createBot(bot.server, bot.model, [], { env: { [name]: value } });
    await expect(other.start()).rejects.toThrow(sentence);
    await other.stop(2_000);
  });

  it("warns of no scope where Slack does not name them, and answers mentions", async () => {
    bot = await startSlackBot({ server: { hidesScopes: true } });
    expect((await checkBotToken(bot.server.botToken, bot.server.apiUrl)).faults).toEqual([]);
    expect(await replies(bot.server.people.mention(bot.channel, bot.ann, "hi"))).toEqual(["hi"]);
  });

  it("tells of each thing at the start in one line of npm start, with long names too", async () => {
    const logs: string[] = [];
    const logger = pino({}, { write: (line: string) => void logs.push(line) });
    const prepare = ({ api, world }: SlackServer) => {
      api.failNext("auth.test", 503);
      world.team.name = "The workspace of a company with a long name ".repeat(4);
    };
    bot = await startSlackBot({ server: { scopes: [] }, logger, prepare });
    const lines = shownLines("slack", logs);
    expect(lines).toHaveLength(logs.length);
    expect(lines.filter(({ length }) => length > 160)).toEqual([]);
    expect(lines.filter((line) => /WARN The scope .* is missing: /.test(line))).toHaveLength(
      Object.keys(SCOPES).length,
    );
    expect(logs.join("")).toMatch(/Trying again in .*is added here: https:.*Slack knows the bot/s);
  });

  it("begins when Slack can be reached again", async () => {
    bot = await startSlackBot();
    const other = createBot(bot.server, bot.model, []);
    for (const method of ["auth.test", "auth.test", "apps.connections.open"]) bot.server.api.failNext(method, 503);
    await other.start();
    expect(bot.server.socketMode.numConnections).toBe(2);
    await other.stop(2_000);
  });

  it("answers once when several processes share Slack and a memory, however often an event comes", async () => {
    const stores = createMemoryStores({ roundsTtlMs: 3_600_000 });
    bot = await startSlackBot({ core: { stores } });
    const others = [1, 2].map(() => createBot(bot.server, bot.model, [], { core: { stores } }));
    await Promise.all(others.map((other) => other.start()));
    const questions = Array.from({ length: 5 }, (_, n) => bot.server.people.dm(bot.ann, `question ${n}`));
    const sent = bot.server.deliveries.sent.filter(({ event }) => event.type === "message");
    await Promise.all(
      sent.flatMap((event) => [bot.server.deliveries.redeliver(event), bot.server.deliveries.redeliver(event)]),
    );
    for (const [n, question] of questions.entries()) expect(await replies(question)).toEqual([`question ${n}`]);
    expect(bot.model.requests).toHaveLength(5);
    await Promise.all(others.map((other) => other.stop(2_000)));
  });
});

describe("the check of a token", () => {
  it("tells of a proxy's page in Slack's place only its beginning", async () => {
    const proxy = createServer((_, response) => response.end(`<html>${"please log in ".repeat(2_000)}</html>`));
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as AddressInfo;
    const { faults, isUnreachable } = await checkBotToken("xoxb-1", `http://127.0.0.1:${port}/api/`);
    expect(isUnreachable).toBe(true);
    expect(faults).toEqual([expect.stringMatching(/^Slack cannot be reached \(.*<html>.{50,400}$/)]);
    proxy.close();
  });
});
