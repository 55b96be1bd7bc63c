import { App, HTTPReceiver, LogLevel } from "@slack/bolt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../deploy/ports.ts";
import { AdvancingClock } from "../clock.ts";
import { manifestOptions } from "./manifest.ts";
import { type SlackServer, startSlackServer } from "./slack-server.ts";

let clock: AdvancingClock;
let server: SlackServer;
let app: App;
let ann: string;
let channel: string;
let requestUrl: string;
let seen: unknown[];

beforeEach(async () => {
  clock = new AdvancingClock();
  seen = [];
  const port = await freePort("127.0.0.1");
  requestUrl = `http://127.0.0.1:${port}/slack/events`;
  server = await startSlackServer({ ...manifestOptions(), clock, requestUrl, signingSecret: "shh" });
  const receiver = new HTTPReceiver({ signingSecret: "shh", logLevel: LogLevel.ERROR });
  const clientOptions = { slackApiUrl: server.apiUrl };
  app = new App({
    token: server.botToken,
    receiver,
    clientOptions,
    deferInitialization: true,
    logLevel: LogLevel.ERROR,
  });
  await app.init();
  await app.start({ port, host: "127.0.0.1" });
  ann = server.people.addUser("Ann");
  channel = server.people.addChannel("general", [ann]);
  app.message(async ({ message, context }) => void seen.push(["text" in message && message.text, context.retryNum]));
});

afterEach(async () => {
  await app.stop();
  await server.close();
});

const answered = () => server.until(() => server.deliveries.sent.at(-1)!.isAcknowledged);

describe("the Slack server's events by HTTP", () => {
  it("are signed, and taken by the library", async () => {
    server.people.say(channel, ann, "hello");
    await answered();
    expect(seen).toEqual([["hello", undefined]]);
  });

  it("come again with the count of the retry", async () => {
    server.people.say(channel, ann, "hello");
    await answered();
    await server.deliveries.redeliver(server.deliveries.sent[0]!);
    expect(seen).toEqual([
      ["hello", undefined],
      ["hello", 1],
    ]);
    expect(server.httpEvents!.sent[1]!.headers).toMatchObject({
      "x-slack-retry-num": "1",
      "x-slack-retry-reason": "timeout",
    });
  });

  it("are refused by the library when they were signed long ago, or with another secret", async () => {
    server.people.say(channel, ann, "hello");
    await answered();
    const { payload, body } = { payload: { type: "event_callback" }, body: server.httpEvents!.sent[0]!.body };
    const old = server.httpEvents!.sign({ kind: "events_api", payload }, Math.floor(Date.now() / 1_000) - 301);
    const send = async (headers: Readonly<Record<string, string>>, text: string) =>
      (await fetch(requestUrl, { method: "POST", headers, body: text })).status;
    expect(await send(old.headers, old.body)).toBe(401);
    const forged = { ...server.httpEvents!.sent[0]!.headers, "x-slack-signature": `v0=${"0".repeat(64)}` };
    expect(await send(forged, body)).toBe(401);
  });

  it("bring commands and their response URL, five times in half an hour", async () => {
    let responseUrl = "";
    app.command("/cria", async ({ ack, command }) => {
      responseUrl = command.response_url;
      await ack({ text: `${command.text}?` });
    });
    await server.interactions.command(ann, channel, "model");
    expect(server.transcript(channel, { seenBy: ann })).toEqual(["cria: model?"]);
    expect(server.transcript(channel)).toEqual([]);
    const respond = async () =>
      (
        await fetch(responseUrl, {
          method: "POST",
          body: JSON.stringify({ text: "more", response_type: "in_channel" }),
        })
      ).status;
    expect([
      await respond(),
      await respond(),
      await respond(),
      await respond(),
      await respond(),
      await respond(),
    ]).toEqual([200, 200, 200, 200, 200, 404]);
    await server.interactions.command(ann, channel, "model");
    clock.advance(30 * 60_000 + 1);
    expect(await respond()).toBe(404);
  });

  it("note what was not answered within three seconds", async () => {
    let late = () => {};
    app.command("/cria", async ({ ack }) => {
      await new Promise<void>((resolve) => {
        late = resolve;
      });
      await ack();
    });
    const command = server.interactions.command(ann, channel, "model");
    await server.until(() => true);
    clock.advance(3_000);
    expect(await command).toBeUndefined();
    expect(server.world.violations).toEqual(["slash_commands was not answered: http_timeout"]);
    late();
  });
});
