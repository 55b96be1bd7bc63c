import type { App } from "@slack/bolt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdvancingClock } from "../clock.ts";
import { startBoltApp } from "./bolt-app.ts";
import { manifestOptions } from "./manifest.ts";
import { type SlackServer, startSlackServer } from "./slack-server.ts";

let clock: AdvancingClock;
let server: SlackServer;
let app: App;
let ann: string;
let channel: string;

beforeEach(async () => {
  clock = new AdvancingClock();
  server = await startSlackServer({ ...manifestOptions(), clock, random: () => 0 });
  app = await startBoltApp(server);
  ann = server.people.addUser("Ann");
  channel = server.people.addChannel("general", [ann]);
});

afterEach(async () => {
  await app.stop();
  await server.close();
});

describe("the Slack server's events", () => {
  it("bring a mention twice, as a message and as a mention", async () => {
    const seen: string[] = [];
    app.event(/message|app_mention/, async ({ event, body }) => void seen.push(`${event.type} ${body.event_id}`));
    server.people.mention(channel, ann, "hello");
    await expect.poll(() => seen.map((line) => line.split(" ")[0])).toEqual(["app_mention", "message"]);
    expect(new Set(seen).size).toBe(2);
  });

  it("bring messages, edits and deletions of channels that the app is in, and direct messages", async () => {
    const seen: unknown[] = [];
    app.message(async ({ message }) => void seen.push([message.channel_type, message.subtype]));
    server.people.say(server.people.addChannel("other", [ann], { withBot: false }), ann, "unseen");
    const message = server.people.dm(ann, "hello");
    server.people.edit(message, "hallo");
    server.people.remove(message);
    await server.until(() => seen.length === 3);
    expect(seen).toEqual([
      ["im", undefined],
      ["im", "message_changed"],
      ["im", "message_deleted"],
    ]);
  });

  it("come again at once, after a minute and after five more, with the count and the reason", async () => {
    const attempts: unknown[] = [];
    app.processEvent = async ({ retryNum, retryReason }) => {
      attempts.push([retryNum, retryReason]);
      await app.client.auth.test();
    };
    server.people.say(channel, ann, "hello");
    for (const [attempt, waitMs] of [0, 60_000, 300_000, 0].entries()) {
      await server.until(() => server.calls("auth.test").length > attempt);
      clock.advance(3_000);
      await server.until(() => server.socketMode.numWaiting === 0);
      clock.advance(waitMs);
    }
    clock.advance(3_600_000);
    expect(attempts).toEqual([
      [undefined, undefined],
      [1, "timeout"],
      [2, "timeout"],
      [3, "timeout"],
    ]);
  });

  it("go to another connection when one is lost before it acknowledged", async () => {
    app.processEvent = async () => {};
    const second = await startBoltApp(server);
    const seen: unknown[] = [];
    second.message(async ({ context }) => void seen.push([context.retryNum, context.retryReason]));
    server.people.say(channel, ann, "hello");
    await app.stop();
    await server.until(() => seen.length > 0);
    expect(seen).toEqual([[1, "connection_failed"]]);
    await second.stop();
  });

  it("allow ten connections", async () => {
    const more = await Promise.all(Array.from({ length: 9 }, () => startBoltApp(server)));
    expect(server.socketMode.numConnections).toBe(10);
    const call = app.client.apps.connections.open({ token: server.appToken });
    await expect(call).rejects.toMatchObject({ data: { error: "too_many_websockets" } });
    await Promise.all(more.map((other) => other.stop()));
  });

  it.each(["warning", "refresh_requested", "cut"] as const)("go on after a disconnect: %s", async (reason) => {
    const seen: unknown[] = [];
    app.message(async ({ payload }) => void seen.push("text" in payload && payload.text));
    server.socketMode.disconnect(reason);
    await server.until(() => server.socketMode.numConnections === 0);
    await server.until(() => server.socketMode.numConnections === 1);
    server.people.say(channel, ann, "after");
    await server.until(() => seen.length > 0);
    expect(seen).toEqual(["after"]);
  });

  it("do not come where the app is not subscribed", async () => {
    const other = await startSlackServer({ ...manifestOptions(), events: ["app_mention"] });
    const general = other.people.addChannel("general", []);
    other.people.mention(general, other.people.addUser("Ben"), "hello");
    expect(other.deliveries.sent.map(({ event }) => event.type)).toEqual(["app_mention"]);
    await other.close();
  });
});
