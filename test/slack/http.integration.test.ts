import { createMemoryStores, type Stores } from "@cria/bot-core";
import { createGate, FakeInferenceClient } from "@cria/bot-core/testing";
import { describe, expect, it } from "vitest";
import { freePort } from "../../deploy/ports.ts";
import { quickenTime } from "../quick-time.ts";
import type { SignedRequest } from "../slack-server/events/http-events.ts";
import { manifestOptions } from "../slack-server/manifest.ts";
import { startSlackServer } from "../slack-server/slack-server.ts";
import { shownText } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";
import { createBot } from "./slack-bot.ts";

describe("the bot by HTTP", () => {
  async function startByHttp(more: Readonly<Record<string, string>> = {}, stores?: Stores) {
    const endQuickTime = quickenTime();
    const port = await freePort("127.0.0.1");
    const requestUrl = `http://127.0.0.1:${port}/slack/events`;
    const server = await startSlackServer({ ...manifestOptions(), requestUrl, signingSecret: "shh" });
    const env = { CRIA_SLACK_APP_TOKEN: "", CRIA_SLACK_SIGNING_SECRET: "shh", CRIA_SLACK_PORT: `${port}`, ...more };
    const model = new FakeInferenceClient();
    const platform = createBot(server, model, [], { env, ...(stores && { core: { stores } }) });
    await platform.start();
    const ann = server.people.addUser("Ann");
    const close = async () => {
      await platform.stop(2_000);
      await server.close();
      endQuickTime();
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

  it("acknowledges a message once it is claimed", async () => {
    const gate = createGate();
    const stores = createMemoryStores({ roundsTtlMs: 3_600_000 });
    const claim = stores.inbox.claim.bind(stores.inbox);
    const begun = createGate();
    stores.inbox.claim = async (entry) => {
      begun.open();
      await gate.opened;
      return await claim(entry);
    };
    const { server, ann, close } = await startByHttp({}, stores);
    const question = server.people.dm(ann, "hi");
    await begun.opened;
    expect(server.deliveries.sent[0]!.isAcknowledged).toBe(false);
    gate.open();
    await repliesTo(server, question);
    expect(server.deliveries.sent[0]).toMatchObject({ isAcknowledged: true, attempts: 1 });
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

  it("does once what a signed request asks for, however often that is sent", async () => {
    const { server, model, ann, requestUrl, close } = await startByHttp();
    const question = server.people.dm(ann, "hi");
    const [reply] = await repliesTo(server, question);
    await server.interactions.press(reply!, "reply_regenerate", ann);
    await repliesTo(server, question, 2);
    await server.interactions.command(ann, question.channel, "context off");
    await server.interactions.command(ann, question.channel, "nonsense");
    const told = () => server.messages(question.channel, undefined, ann).filter(({ ephemeralTo }) => ephemeralTo);
    await server.until(() => told().length === 2);
    const numCalls = server.api.calls.length;
    for (const { headers, body } of [...server.httpEvents!.sent])
      expect((await fetch(requestUrl, { method: "POST", headers, body })).status).toBe(200);
    await server.interactions.command(ann, question.channel, "status");
    await server.until(() => told().length === 3);
    expect(model.requests).toHaveLength(2);
    const written = server.api.calls.slice(numCalls).filter(({ method }) => method.startsWith("chat."));
    expect(written).toEqual([]);
    await close();
  });

  it("takes no request that was signed long ago, or with another secret", async () => {
    const { server, model, ann, requestUrl, close } = await startByHttp();
    await repliesTo(server, server.people.dm(ann, "hi"));
    const send = async ({ headers, body }: SignedRequest) =>
      (await fetch(requestUrl, { method: "POST", headers, body })).status;
    const [first] = server.httpEvents!.sent;
    const event = { ...JSON.parse(first!.body), event_id: "Ev1" };
    const payload = { ...event, event: { ...event.event, ts: "1.1", text: "forged" } };
    const longAgo = Math.floor(Date.now() / 1_000) - 301;
    expect(await send(server.httpEvents!.sign({ kind: "events_api", payload }, longAgo))).toBe(401);
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

  it("finds nothing elsewhere", async () => {
    const { requestUrl, close } = await startByHttp();
    expect((await fetch(new URL("/elsewhere", requestUrl), { method: "POST", body: "{}" })).status).toBe(404);
    await close();
  });
});
