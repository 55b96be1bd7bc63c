import type { App } from "@slack/bolt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdvancingClock } from "../clock.ts";
import { startBoltApp } from "./bolt-app.ts";
import { manifestOptions } from "./manifest.ts";
import { type SlackServer, startSlackServer } from "./slack-server.ts";
import type { Message } from "./world/world.ts";

let clock: AdvancingClock;
let server: SlackServer;
let app: App;
let channel: string;
let root: Message;
let recipient: { recipient_user_id: string; recipient_team_id: string };

beforeEach(async () => {
  clock = new AdvancingClock();
  server = await startSlackServer({ ...manifestOptions(), clock });
  app = await startBoltApp(server);
  const ann = server.people.addUser("Ann");
  channel = server.people.addChannel("general", [ann]);
  root = server.people.mention(channel, ann, "tell me");
  recipient = { recipient_user_id: ann, recipient_team_id: server.world.team.id };
});

afterEach(async () => {
  await app.stop();
  await server.close();
});

const refused = (call: Promise<unknown>, error: string) =>
  expect(call).rejects.toMatchObject({ data: expect.objectContaining({ error }) });
const start = async (markdown_text = "a") =>
  String((await app.client.chat.startStream({ channel, thread_ts: root.ts, markdown_text, ...recipient })).ts);
const append = (ts: string, markdown_text: string) => app.client.chat.appendStream({ channel, ts, markdown_text });

describe("the Slack server's streams", () => {
  it("grow, and end with blocks under them", async () => {
    const ts = await start("**one** ");
    await append(ts, "two ");
    await app.client.chat.appendStream({ channel, ts, chunks: [{ type: "markdown_text", text: "three" }] });
    await app.client.chat.stopStream({ channel, ts, markdown_text: ".", blocks: [{ type: "divider" }] });
    expect(server.transcript(channel, { threadTs: root.ts })).toEqual(["cria: **one** two three."]);
    expect(server.replies(root)[0]!.blocks.map(({ type }) => type)).toEqual(["markdown", "divider"]);
    await refused(append(ts, "x"), "message_not_in_streaming_state");
  });

  it("work through the library's own streamer", async () => {
    const streamer = app.client.chatStream({ channel, thread_ts: root.ts, ...recipient, buffer_size: 2 });
    await streamer.append({ markdown_text: "one " });
    await streamer.append({ markdown_text: "two" });
    await streamer.stop();
    expect(server.transcript(channel, { threadTs: root.ts })).toEqual(["cria: one two"]);
  });

  it("want a recipient in channels and a thread in direct messages", async () => {
    const { recipient_user_id } = recipient;
    await refused(app.client.chat.startStream({ channel, thread_ts: root.ts }), "missing_recipient_user_id");
    await refused(
      app.client.chat.startStream({ channel, thread_ts: root.ts, recipient_user_id }),
      "missing_recipient_team_id",
    );
    const dm = server.people.dmChannel(recipient_user_id);
    await refused(app.client.apiCall("chat.startStream", { channel: dm }), "invalid_arguments");
    await refused(app.client.chat.startStream({ channel: dm, thread_ts: "1.2" }), "thread_not_found");
  });

  it("hold 12,000 characters", async () => {
    const ts = await start("a".repeat(12_000));
    await refused(append(ts, "a"), "msg_too_long");
    await refused(start("a".repeat(12_001)), "msg_too_long");
  });

  it("do not take blocks that are too long with their text", async () => {
    const ts = await start("<".repeat(3_200));
    const blocks = [{ type: "section", text: { type: "mrkdwn", text: "b".repeat(500) } }];
    await refused(app.client.chat.stopStream({ channel, ts, blocks }), "msg_blocks_too_long");
  });

  it("cannot be updated before their end", async () => {
    const ts = await start();
    await refused(app.client.chat.update({ channel, ts, text: "x" }), "streaming_state_conflict");
    await app.client.chat.stopStream({ channel, ts });
    await app.client.chat.update({ channel, ts, text: "x" });
    expect(server.transcript(channel, { threadTs: root.ts })).toEqual(["cria: x"]);
  });

  it("die five minutes after their start, and can then be updated", async () => {
    const ts = await start();
    clock.advance(299_000);
    await append(ts, "b");
    clock.advance(1_000);
    await refused(append(ts, "c"), "message_not_in_streaming_state");
    await refused(app.client.chat.stopStream({ channel, ts }), "message_not_in_streaming_state");
    await app.client.chat.update({ channel, ts, text: "abc" });
    expect(server.transcript(channel, { threadTs: root.ts })).toEqual(["cria: abc"]);
  });

  it("may start twenty times a minute", async () => {
    for (let n = 0; n < 20; n++) await start();
    await expect(start()).rejects.toMatchObject({ retryAfter: 60 });
  });

  it("are ended by Slack's stop button, and the app is told", async () => {
    const stopped: unknown[] = [];
    app.event("agent_session_stopped", async ({ event }) => void stopped.push(event));
    await app.client.agents.sessions.setStatus({ channel_id: channel, thread_ts: root.ts, status: "processing" });
    const ts = await start();
    server.people.stopSession(channel, root.ts, recipient.recipient_user_id);
    await server.until(() => server.deliveries.sent.at(-1)!.isAcknowledged);
    expect(stopped).toMatchObject([{ channel, thread_ts: root.ts, streaming_message_ts: [ts] }]);
    await refused(append(ts, "x"), "message_not_in_streaming_state");
  });
});
