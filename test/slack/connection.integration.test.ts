import { createMemoryConversationStore } from "@cria/bot-core";
import { createGate, FakeInferenceClient } from "@cria/bot-core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../deploy/ports.ts";
import type { SignedRequest } from "../slack-server/http-events.ts";
import { manifestOptions } from "../slack-server/manifest.ts";
import { startSlackServer } from "../slack-server/slack-server.ts";
import { type Message, shownText } from "../slack-server/world.ts";
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
    const store = createMemoryConversationStore({ turnsTtlMs: 3_600_000 });
    const claimEvent = store.claimEvent.bind(store);
    bot = await startSlackBot({ core: { store } });
    store.claimEvent = async (workspace, eventId) => {
      await claimEvent(workspace, eventId.replace(bot.server.world.botUser, "UANOTHER"));
      return await claimEvent(workspace, eventId);
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
    await other.stop(0);
  });

  it("begins when Slack can be reached again", async () => {
    bot = await startSlackBot();
    const other = createBot(bot.server, bot.model, []);
    for (const method of ["auth.test", "auth.test", "apps.connections.open"]) bot.server.api.failNext(method, 503);
    await other.start();
    expect(bot.server.socketMode.numConnections).toBe(2);
    await other.stop(0);
  });

  it("answers once when several processes share Slack and a memory, however often an event comes", async () => {
    const store = createMemoryConversationStore({ turnsTtlMs: 3_600_000 });
    bot = await startSlackBot({ core: { store } });
    const others = [1, 2].map(() => createBot(bot.server, bot.model, [], { core: { store } }));
    await Promise.all(others.map((other) => other.start()));
    const questions = Array.from({ length: 5 }, (_, n) => bot.server.people.dm(bot.ann, `question ${n}`));
    const sent = bot.server.deliveries.sent.filter(({ event }) => event.type === "message");
    await Promise.all(
      sent.flatMap((event) => [bot.server.deliveries.redeliver(event), bot.server.deliveries.redeliver(event)]),
    );
    for (const [n, question] of questions.entries()) expect(await replies(question)).toEqual([`question ${n}`]);
    expect(bot.model.requests).toHaveLength(5);
    await Promise.all(others.map((other) => other.stop(0)));
  });
});

describe("the bot by HTTP", () => {
  async function startByHttp(more: Readonly<Record<string, string>> = {}) {
    const port = await freePort("127.0.0.1");
    const requestUrl = `http://127.0.0.1:${port}/slack/events`;
    const server = await startSlackServer({ ...manifestOptions(), requestUrl, signingSecret: "shh" });
    const env = { CRIA_SLACK_APP_TOKEN: "", CRIA_SLACK_SIGNING_SECRET: "shh", CRIA_SLACK_PORT: `${port}`, ...more };
    const model = new FakeInferenceClient();
    const platform = createBot(server, model, [], { env });
    await platform.start();
    const ann = server.people.addUser("Ann");
    const close = async () => {
      await platform.stop(0);
      await server.close();
    };
    return { server, model, ann, requestUrl, close };
  }

  it("answers events, commands and buttons", async () => {
    const { server, ann, close } = await startByHttp();
    const question = server.people.dm(ann, "hi");
    const [reply] = await repliesTo(server, question);
    await server.interactions.press(reply!, "reply_regenerate", ann);
    await repliesTo(server, question, 2);
    await server.interactions.command(ann, question.channel, "status");
    await server.until(() => server.messages(question.channel, undefined, ann).length === 2);
    expect(server.world.violations).toEqual([]);
    await close();
  });

  it("takes its part of Slack's limits where it is told how many processes share them", async () => {
    const { server, close } = await startByHttp({ CRIA_SLACK_PROCESSES: "3" });
    const people = Array.from({ length: 10 }, (_, index) => server.people.addUser(`Person ${index}`));
    const questions = people.map((person) => server.people.dm(person, "hi"));
    for (const question of questions) await repliesTo(server, question);
    expect(server.calls("chat.startStream")).toHaveLength(3);
    expect(server.api.calls.filter(({ error }) => error !== undefined)).toEqual([]);
    await close();
  });

  it("takes each signed request once, and none from another time", async () => {
    const { server, model, ann, requestUrl, close } = await startByHttp();
    await repliesTo(server, server.people.dm(ann, "hi"));
    const send = async ({ headers, body }: SignedRequest) =>
      (await fetch(requestUrl, { method: "POST", headers, body })).status;
    const [first] = server.httpEvents!.sent;
    expect(await send(first!)).toBe(401);
    const event = { ...JSON.parse(first!.body), event_id: "Ev1" };
    const payload = { ...event, event: { ...event.event, ts: "1.1", text: "forged" } };
    const nowSeconds = Math.floor(Date.now() / 1_000);
    for (const seconds of [-301, 301])
      expect(await send(server.httpEvents!.sign({ kind: "events_api", payload }, nowSeconds + seconds))).toBe(401);
    const forged = { ...first!.headers, "x-slack-signature": `v0=${"0".repeat(64)}` };
    expect(await send({ headers: forged, body: first!.body })).toBe(401);
    expect(model.requests).toHaveLength(1);
    await close();
  });

  it("takes what Slack tries again, signed anew or not, and answers it once", async () => {
    const { server, model, ann, requestUrl, close } = await startByHttp();
    const question = server.people.dm(ann, "hi");
    await repliesTo(server, question);
    const [first] = server.httpEvents!.sent;
    const again = { ...first!.headers, "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout" };
    expect((await fetch(requestUrl, { method: "POST", headers: again, body: first!.body })).status).toBe(200);
    await server.deliveries.redeliver(server.deliveries.sent[0]!);
    // One whose first try was lost on the way.
    const lost = JSON.parse(first!.body);
    const payload = {
      ...lost,
      event_id: "Ev1",
      event: { ...lost.event, thread_ts: question.ts, ts: "1.1", text: "lost" },
    };
    const retry = { attempt: 1, reason: "connection_failed" };
    const { headers, body } = server.httpEvents!.sign({ kind: "events_api", payload, retry });
    expect((await fetch(requestUrl, { method: "POST", headers, body })).status).toBe(200);
    expect((await repliesTo(server, question, 2)).map(shownText)).toEqual(["hi", "lost"]);
    expect(model.requests).toHaveLength(2);
    await close();
  });

  it("finds nothing elsewhere, and takes no more than an event may have", async () => {
    const { requestUrl, close } = await startByHttp();
    expect((await fetch(new URL("/elsewhere", requestUrl), { method: "POST", body: "{}" })).status).toBe(404);
    const headers = { "x-slack-signature": "v0=0", "x-slack-request-timestamp": "0" };
    const body = "x".repeat(5 * 1024 * 1024);
    expect((await fetch(requestUrl, { method: "POST", headers, body })).status).toBe(413);
    await close();
  });
});
