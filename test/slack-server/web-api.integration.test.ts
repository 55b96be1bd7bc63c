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
  server = await startSlackServer({ ...manifestOptions(), clock });
  app = await startBoltApp(server);
  ann = server.people.addUser("Ann");
  channel = server.people.addChannel("general", [ann]);
});

afterEach(async () => {
  await app.stop();
  await server.close();
});

const refused = (call: Promise<unknown>, error: string) =>
  expect(call).rejects.toMatchObject({ data: expect.objectContaining({ error }) });
const postAtOnce = (fields: Record<string, unknown>) => app.client.apiCall("chat.postMessage", { channel, ...fields });
/** A second after the last one. */
const post = async (fields: Record<string, unknown>) => {
  clock.advance(1_000);
  return await postAtOnce(fields);
};
const markdown = (text: string) => ({ type: "markdown", text });

describe("the Slack server's Web API", () => {
  it("refuses tokens that are missing, unknown, revoked or of the wrong kind", async () => {
    await refused(app.client.auth.test({ token: "xoxb-other" }), "invalid_auth");
    await refused(app.client.auth.test({ token: server.appToken }), "not_allowed_token_type");
    await refused(app.client.apps.connections.open({ token: server.botToken }), "not_allowed_token_type");
    server.revoke(server.botToken);
    await refused(app.client.auth.test(), "token_revoked");
    const anonymous = await fetch(`${server.apiUrl}auth.test`, { method: "POST" });
    expect(await anonymous.json()).toEqual({ ok: false, error: "not_authed" });
  });

  it("names the scope that is missing and those that are there", async () => {
    server.api.tokens.get(server.botToken)!.scopes = ["chat:write"];
    const call = app.client.users.info({ user: ann });
    await expect(call).rejects.toMatchObject({
      data: { error: "missing_scope", needed: "users:read", provided: "chat:write" },
    });
  });

  it("refuses unknown methods, unknown arguments and missing ones", async () => {
    await refused(app.client.apiCall("chat.shout"), "unknown_method");
    await refused(post({ text: "x", colour: "red" }), "invalid_arguments");
    await refused(app.client.apiCall("chat.update", { channel, text: "x" }), "invalid_arguments");
  });

  it.each([
    ["of no channel", () => "C0NONE", "channel_not_found"],
    ["where the app is not", () => server.people.addChannel("other", [], { withBot: false }), "not_in_channel"],
    [
      "private and unseen",
      () => server.people.addChannel("p", [], { withBot: false, isPrivate: true }),
      "channel_not_found",
    ],
  ])("refuses a post to a channel %s", async (_, target, error) => {
    await refused(post({ channel: target(), text: "x" }), error);
  });

  it("refuses posts to channels that were archived or deleted", async () => {
    server.people.archive(channel);
    await refused(post({ text: "x" }), "is_archived");
    server.people.deleteChannel(channel);
    await refused(post({ text: "x" }), "channel_not_found");
  });

  it("cuts a post at 40,000 characters and refuses one without words", async () => {
    await post({ text: "a".repeat(40_001) });
    expect(server.messages(channel)[0]!.text).toHaveLength(40_000);
    await refused(post({}), "no_text");
    await refused(post({ text: "a", markdown_text: "b" }), "markdown_text_conflict");
  });

  it("measures an update in escaped bytes", async () => {
    await post({ text: "x" });
    const { ts } = server.messages(channel)[0]!;
    const update = (text: string) => app.client.chat.update({ channel, ts, text });
    await update("&".repeat(800));
    await refused(update("&".repeat(801)), "msg_too_long");
    await refused(update("é".repeat(2_001)), "msg_too_long");
    expect(server.transcript(channel)).toEqual([`cria: ${"&".repeat(800)}`]);
  });

  it("lets an app change its own messages only", async () => {
    const { ts } = server.people.say(channel, ann, "mine");
    await refused(app.client.chat.update({ channel, ts, text: "x" }), "cant_update_message");
    await refused(app.client.chat.delete({ channel, ts }), "cant_delete_message");
    await refused(app.client.chat.update({ channel, ts: "1.2", text: "x" }), "message_not_found");
  });

  it("limits blocks: 50 of them, 12,000 characters of Markdown, 13,200 escaped bytes", async () => {
    const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text } });
    await refused(post({ blocks: Array(51).fill({ type: "divider" }) }), "invalid_blocks");
    await refused(post({ blocks: [markdown("a".repeat(12_001))] }), "invalid_blocks");
    await refused(post({ blocks: [markdown("<".repeat(3_400))] }), "msg_blocks_too_long");
    await refused(post({ blocks: Array(5).fill(section("a".repeat(2_900))) }), "msg_blocks_too_long");
    await refused(post({ blocks: [section("a".repeat(3_001))] }), "invalid_blocks");
    await post({ blocks: [markdown("a".repeat(12_000)), section("a".repeat(1_200))] });
  });

  it("limits elements: options of a menu, texts, values", async () => {
    const option = (text: string, value = "v") => ({ text: { type: "plain_text", text }, value });
    const menu = (options: unknown[]) =>
      post({ blocks: [{ type: "actions", elements: [{ type: "static_select", action_id: "a", options }] }] });
    await menu(Array(100).fill(option("a".repeat(75), "v".repeat(150))));
    await refused(menu(Array(101).fill(option("a"))), "invalid_blocks");
    await refused(menu([option("a".repeat(76))]), "invalid_blocks");
    await refused(menu([option("a", "v".repeat(151))]), "invalid_blocks");
  });

  it("says whom a message pings, in code as well", async () => {
    await post({ text: "<!channel> and `<@U123>` and @here, not a@here.com or &lt;!everyone&gt;" });
    expect([...new Set(server.world.pings.map(({ target }) => target))]).toEqual(["channel", "U123", "here"]);
  });

  it("answers 429 with Retry-After when a method or a channel is called too often", async () => {
    for (let n = 0; n < 4; n++) await postAtOnce({ text: "x" });
    await expect(postAtOnce({ text: "x" })).rejects.toMatchObject({ retryAfter: expect.any(Number) });
    const ts = server.messages(channel)[0]!.ts;
    for (let n = 0; n < 50; n++) await app.client.chat.update({ channel, ts, text: `${n}` });
    await expect(app.client.chat.update({ channel, ts, text: "x" })).rejects.toMatchObject({
      retryAfter: expect.any(Number),
    });
    clock.advance(60_000);
    await app.client.chat.update({ channel, ts, text: "x" });
    expect(server.calls("chat.update").filter(({ error }) => error === "ratelimited")).toHaveLength(1);
  });

  it("fails a call as it was told to", async () => {
    server.api.failNext("chat.postMessage", "internal_error");
    server.api.failNext("chat.postMessage", 503);
    await refused(post({ text: "x" }), "internal_error");
    await expect(post({ text: "x" })).rejects.toMatchObject({ statusCode: 503 });
    await post({ text: "x" });
  });

  it("takes an upload in three steps, with the bytes that were announced, once", async () => {
    const root = server.people.say(channel, ann, "hi");
    const { upload_url: url = "", file_id: id = "" } = await app.client.files.getUploadURLExternal({
      filename: "a.md",
      length: 5,
    });
    const share = () =>
      app.client.files.completeUploadExternal({ files: [{ id }], channel_id: channel, thread_ts: root.ts });
    await refused(share(), "file_not_found");
    expect((await fetch(url, { method: "POST", body: "too many" })).status).toBe(400);
    expect((await fetch(url, { method: "POST", body: "words" })).status).toBe(200);
    expect((await fetch(url, { method: "POST", body: "words" })).status).toBe(400);
    await refused(app.client.files.completeUploadExternal({ files: [{ id }], channel_id: "C0" }), "channel_not_found");
    expect((await share()).files).toEqual([{ id, title: "a.md" }]);
    expect(server.messages(channel, root.ts).map(({ files }) => String(files[0]?.content))).toEqual(["words"]);
    await refused(share(), "file_not_found");
    await refused(
      app.client.apiCall("files.getUploadURLExternal", { filename: "a.md", length: 0 }),
      "invalid_arguments",
    );
    expect((await fetch(`${server.baseUrl}/upload/F0`, { method: "POST", body: "words" })).status).toBe(404);
  });

  it("shares what the library's own upload sends", async () => {
    await app.client.filesUploadV2({ channel_id: channel, filename: "b.md", content: "héllo" });
    expect(server.messages(channel).map(({ files }) => String(files[0]?.content))).toEqual(["héllo"]);
  });

  it("gives files to those who show a token that may read them", async () => {
    const file = server.people.addFile("notes.txt", "words");
    const { ts } = server.people.say(channel, ann, "see", { files: [file] });
    const { messages } = await app.client.conversations.replies({ channel, ts });
    const url = messages![0]!.files![0]!.url_private_download!;
    const withToken = await fetch(url, { headers: { authorization: `Bearer ${server.botToken}` } });
    expect(await withToken.text()).toBe("words");
    expect((await fetch(url)).headers.get("content-type")).toBe("text/html");
  });

  it("tells of channels, people and threads", async () => {
    const root = server.people.say(channel, ann, "root");
    server.people.say(channel, ann, "reply", { threadTs: root.ts });
    const { messages } = await app.client.conversations.replies({ channel, ts: root.ts });
    expect(messages?.map(({ text }) => text)).toEqual(["root", "reply"]);
    const history = await app.client.conversations.history({ channel });
    expect(history.messages?.map(({ text }) => text)).toEqual(["root"]);
    expect((await app.client.conversations.info({ channel })).channel).toMatchObject({
      name: "general",
      is_member: true,
    });
    expect((await app.client.users.info({ user: ann })).user).toMatchObject({ name: "Ann", is_admin: false });
    expect((await app.client.users.conversations({ user: ann })).channels?.map(({ id }) => id)).toEqual([channel]);
  });

  it("lists in pages which channels the app is in, and which a person is in, public ones without the app too", async () => {
    const ben = server.people.addUser("Ben");
    const withoutApp = server.people.addChannel("lunch", [ann], { withBot: false });
    server.people.addChannel("secret", [ann], { withBot: false, isPrivate: true });
    const withApp = server.people.addChannel("private", [ann, ben], { isPrivate: true });
    const list = async (args: { user?: string; limit?: number; cursor?: string }) => {
      const types = "public_channel,private_channel";
      const { channels, response_metadata } = await app.client.users.conversations({ types, ...args });
      return { ids: channels?.map(({ id }) => id), cursor: response_metadata?.next_cursor };
    };
    expect((await list({})).ids).toEqual([channel, withApp]);
    expect((await list({ user: ben })).ids).toEqual([withApp]);
    const first = await list({ user: ann, limit: 2 });
    expect(first.ids).toEqual([channel, withoutApp]);
    expect(await list({ user: ann, limit: 2, cursor: first.cursor! })).toEqual({ ids: [withApp], cursor: "" });
  });

  it("keeps a status for two minutes and takes four prompts, in direct messages, without a thread", async () => {
    const root = server.people.say(channel, ann, "root");
    await app.client.assistant.threads.setStatus({ channel_id: channel, thread_ts: root.ts, status: "is thinking…" });
    expect(server.world.status(channel, root.ts)).toBe("is thinking…");
    clock.advance(120_000);
    expect(server.world.status(channel, root.ts)).toBe("");
    const dm = server.people.dmChannel(ann);
    const prompts = (most: number) => Array(most).fill({ title: "Hi", message: "Hi" });
    const set = (fields: { thread_ts?: string }, most: number) =>
      app.client.assistant.threads.setSuggestedPrompts({ channel_id: dm, prompts: prompts(most), ...fields });
    await set({}, 4);
    await refused(set({}, 5), "invalid_arguments");
    await refused(set({ thread_ts: "1.2" }, 1), "invalid_arguments");
  });
});
