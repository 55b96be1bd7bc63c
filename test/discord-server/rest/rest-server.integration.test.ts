import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdvancingClock } from "../../clock.ts";
import { DiscordServer } from "../discord-server.ts";
import type { Person } from "../person.ts";
import { callApi } from "../testing.ts";
import type { Channel, Guild } from "../world/world.ts";

const clock = new AdvancingClock();
let server: DiscordServer;
let guild: Guild;
let channel: Channel;
let ann: Person;

const call = (method: string, path: string, body?: unknown) => callApi(server, method, path, body);
const messages = () => `/channels/${channel.id}/messages`;
const post = (body: unknown) => call("POST", messages(), body);
/** Past every window of Discord's. */
const letTimePass = (ms = 6000) => {
  clock.advance(ms);
};

async function start(limits = {}): Promise<void> {
  server = await DiscordServer.start({ clock, limits });
  ({ guild, channel } = server.createGuild());
  ann = server.addPerson("Ann", guild);
}

describe("the REST API", () => {
  beforeEach(() => start());
  afterEach(() => server.close());

  it("refuses a wrong token, an unknown route, another version and broken JSON", async () => {
    const wrong = await callApi(server, "GET", "/users/@me", undefined, "wrong");
    expect([wrong.status, wrong.json]).toEqual([401, { message: "401: Unauthorized", code: 0 }]);
    expect(await call("GET", "/nothing")).toMatchObject({ status: 404, json: { code: 0 } });
    expect((await fetch(`${server.apiUrl}/v9/users/@me`)).status).toBe(404);
    expect(await post("{")).toMatchObject({ status: 400, json: { code: 50109 } });
  });

  it.each([
    [
      "content of 2,001 characters",
      { content: "x".repeat(2001) },
      { content: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH", message: "Must be 2000 or fewer in length." }] } },
    ],
    [
      "an embed description of 4,097 characters",
      { embeds: [{ description: "x".repeat(4097) }] },
      { embeds: { 0: { description: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH" }] } } } },
    ],
    [
      "embeds of 6,001 characters",
      { embeds: [{ description: "x".repeat(4000) }, { description: "x".repeat(2001) }] },
      { embeds: { _errors: [{ code: "MAX_EMBED_SIZE_EXCEEDED" }] } },
    ],
    ["a nonce of 26 characters", { content: "x", nonce: "n".repeat(26) }, { nonce: {} }],
    [
      "a reply to a message that is gone",
      { content: "x", message_reference: { message_id: "1" } },
      { message_reference: { _errors: [{ code: "REPLIES_UNKNOWN_MESSAGE" }] } },
    ],
    [
      "allowed mentions that exclude each other",
      { content: "x", allowed_mentions: { parse: ["users"], users: ["1"] } },
      { allowed_mentions: {} },
    ],
    [
      "six rows",
      { content: "x", components: Array.from({ length: 6 }, (_, row) => buttonRow(`${row}`)) },
      { components: { _errors: [{ code: "BASE_TYPE_BAD_LENGTH" }] } },
    ],
    [
      "six buttons in a row",
      { content: "x", components: [buttonRow("1", "2", "3", "4", "5", "6")] },
      { components: {} },
    ],
    [
      "two components of one custom id",
      { content: "x", components: [buttonRow("1", "1")] },
      { components: { _errors: [{ code: "COMPONENT_CUSTOM_ID_DUPLICATED" }] } },
    ],
    [
      "text components without the flag",
      { content: "x", components: [{ type: 10, content: "x" }] },
      { components: { _errors: [{ code: "UNION_TYPE_CHOICES" }] } },
    ],
    [
      "41 components of version 2",
      { flags: 1 << 15, components: Array.from({ length: 41 }, () => ({ type: 10, content: "x" })) },
      { components: {} },
    ],
    [
      "content beside components of version 2",
      { flags: 1 << 15, content: "x", components: [{ type: 10, content: "x" }] },
      { content: { _errors: [{ code: "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2" }] } },
    ],
  ])("refuses %s", async (_, body, errors) => {
    expect(await post(body)).toMatchObject({
      status: 400,
      json: { code: 50035, message: "Invalid Form Body", errors },
    });
    expect(server.botTexts(channel)).toEqual([]);
  });

  it("refuses an empty message and takes one at the limit", async () => {
    expect(await post({ content: " " })).toMatchObject({ status: 400, json: { code: 50006 } });
    expect(await post({ content: "x".repeat(2000), nonce: "n".repeat(25) })).toMatchObject({ status: 200 });
  });

  it("keeps components of version 2 for good", async () => {
    const { json } = await post({ flags: 1 << 15, components: [{ type: 10, content: "x" }] });
    expect(await call("PATCH", `${messages()}/${json.id}`, { content: "y", flags: 0 })).toMatchObject({
      status: 400,
      json: { code: 50035 },
    });
  });

  it("makes a message of one nonce once within minutes", async () => {
    const body = { content: "x", nonce: "1", enforce_nonce: true };
    const ids = [await post(body), await post({ ...body, content: "again" })].map(({ json }) => json.id);
    expect(ids[0]).toBe(ids[1]);
    letTimePass(300_001);
    expect((await post(body)).json.id).not.toBe(ids[0]);
    expect(server.botTexts(channel)).toEqual(["x", "x"]);
  });

  it("edits and deletes the bot's own messages only", async () => {
    const own = (await post({ content: "own" })).json.id;
    const others = ann.say(channel, "hers").json.id;
    expect(await call("PATCH", `${messages()}/${own}`, { content: "changed" })).toMatchObject({
      status: 200,
      json: { content: "changed" },
    });
    expect(await call("PATCH", `${messages()}/${others}`, { content: "x" })).toMatchObject({
      status: 403,
      json: { code: 50005 },
    });
    expect(await call("DELETE", `${messages()}/${others}`)).toMatchObject({ status: 403, json: { code: 50013 } });
    expect(await call("DELETE", `${messages()}/${own}`)).toMatchObject({ status: 204 });
    expect(await call("PATCH", `${messages()}/${own}`, { content: "x" })).toMatchObject({
      status: 404,
      json: { code: 10008 },
    });
  });

  it("refuses what the bot may not, and what is gone", async () => {
    server.denyBot(channel, "SendMessages");
    expect(await post({ content: "x" })).toMatchObject({ status: 403, json: { code: 50013 } });
    server.denyBot(channel, "ReadMessageHistory");
    const message_reference = { message_id: ann.say(channel, "hi").json.id };
    expect(await post({ content: "x", message_reference })).toMatchObject({ status: 400, json: { code: 160002 } });
    server.denyBot(channel, "ViewChannel");
    expect(await post({ content: "x" })).toMatchObject({ status: 403, json: { code: 50001 } });
    server.deleteChannel(channel);
    expect(await post({ content: "x" })).toMatchObject({ status: 404, json: { code: 10003 } });
    const other = server.createChannel(guild, "other");
    server.removeBot(guild);
    expect(await call("POST", `/channels/${other.id}/messages`, { content: "x" })).toMatchObject({
      status: 403,
      json: { code: 50001 },
    });
  });

  it("shows typing for ten seconds, or until the message", async () => {
    await call("POST", `/channels/${channel.id}/typing`);
    expect(server.isTyping(channel)).toBe(true);
    letTimePass(10_001);
    expect(server.isTyping(channel)).toBe(false);
    await call("POST", `/channels/${channel.id}/typing`);
    await post({ content: "x" });
    expect(server.isTyping(channel)).toBe(false);
  });
});

describe("pings", () => {
  beforeEach(() => start());
  afterEach(() => server.close());

  const pingsOf = async (body: object) => {
    const { json } = await post(body);
    return channel.messages.get(json.id)!.pings;
  };

  it("reach whom the text names, where nothing else is said", async () => {
    guild.roles.get(guild.id)!.permissions = String(BigInt(guild.roles.get(guild.id)!.permissions) | (1n << 17n));
    const question = ann.say(channel, "hi").json.id;
    const pings = await pingsOf({ content: "@everyone", message_reference: { message_id: question } });
    expect(pings).toEqual({ everyone: true, users: [ann.id], roles: [] });
    expect((await pingsOf({ content: `<@${ann.id}>` })).users).toEqual([ann.id]);
  });

  it("reach nobody by code, without permission for everyone, or where nothing may be parsed", async () => {
    const nobody = { everyone: false, users: [], roles: [] };
    expect(await pingsOf({ content: `\`<@${ann.id}>\` \`\`\`\n@here <@${ann.id}>\n\`\`\`` })).toEqual(nobody);
    expect(await pingsOf({ content: "@everyone @here" })).toEqual(nobody);
    const message_reference = { message_id: ann.say(channel, "hi").json.id };
    const allowed_mentions = { parse: [] };
    expect(await pingsOf({ content: `@everyone <@${ann.id}>`, message_reference, allowed_mentions })).toEqual(nobody);
  });
});

describe("rate limits", () => {
  afterEach(() => server.close());

  it("come with headers, and 429 names the seconds to wait", async () => {
    await start();
    const id = (await post({ content: "x" })).json.id;
    const edit = () => call("PATCH", `${messages()}/${id}`, { content: "y" });
    const { headers } = await edit();
    expect(headers.get("x-ratelimit-limit")).toBe("5");
    expect(headers.get("x-ratelimit-remaining")).toBe("4");
    expect(Number(headers.get("x-ratelimit-reset-after"))).toBeCloseTo(5, 0);
    for (let edits = 0; edits < 4; edits++) await edit();
    clock.advance(2000);
    const refused = await edit();
    expect(refused).toMatchObject({ status: 429, json: { global: false } });
    expect(refused.headers.get("retry-after")).toBe("3");
    expect(refused.headers.get("x-ratelimit-scope")).toBe("user");
    letTimePass();
    expect((await edit()).status).toBe(200);
  });

  it("count each channel by itself, and all requests together", async () => {
    await start({ global: { limit: 7, windowMs: 1000 } });
    for (let sent = 0; sent < 5; sent++) await post({ content: "x" });
    channel = server.createChannel(guild, "other");
    expect((await post({ content: "x" })).status).toBe(200);
    await post({ content: "x" });
    const refused = await post({ content: "x" });
    expect(refused).toMatchObject({ status: 429, json: { global: true } });
    expect(refused.headers.get("x-ratelimit-global")).toBe("true");
  });

  it("end in a ban after too many invalid requests", async () => {
    await start({ invalidRequests: { limit: 3, windowMs: 600_000 } });
    for (let refused = 0; refused < 3; refused++) await callApi(server, "GET", "/users/@me", undefined, "wrong");
    expect(await call("GET", "/users/@me")).toMatchObject({ status: 429, json: expect.stringContaining("1015") });
    letTimePass(600_001);
    expect((await call("GET", "/users/@me")).status).toBe(200);
  });
});

function buttonRow(...ids: readonly string[]) {
  return { type: 1, components: ids.map((custom_id) => ({ type: 2, style: 2, label: "x", custom_id })) };
}
