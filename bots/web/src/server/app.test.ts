import { createBotCore, createMemoryStores, MAX_MESSAGE_LENGTH, OPEN_ACCESS } from "@cria/bot-core";
import { FakeInferenceClient } from "@cria/bot-core/testing";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCoreBot } from "../core-bot.ts";
import { EventFeed } from "../feed/event-feed.ts";
import { ChatRooms } from "../rooms/chat-rooms.ts";
import { createMemoryChatStore } from "../store/memory-chat-store.ts";
import { createMemoryTimelineStore } from "../store/memory-timeline-store.ts";
import { TEST_MODELS } from "../testing/test-models.ts";
import type { ChannelSnapshot, Workspace } from "../wire.ts";
import { createApp } from "./app.ts";
import { createAsset } from "./client-bundle.ts";
import { hostNamesFor, isFromThisMachine } from "./security.ts";

const DENIED_ROLES = { ...OPEN_ACCESS.deny, roles: ["guests"] };
const HOST = "127.0.0.1:3000";
const JSON_HEADERS = { host: HOST, origin: `http://${HOST}`, "content-type": "application/json" };

let app: ReturnType<typeof createApp>;
let inference: FakeInferenceClient;
let stopping: AbortController;
beforeEach(async () => {
  inference = new FakeInferenceClient(TEST_MODELS);
  stopping = new AbortController();
  const logger = pino({ level: "silent" });
  const stores = createMemoryStores({ roundsTtlMs: 60_000 });
  const bot = createCoreBot({
    core: createBotCore({ stores, inference, logger, access: { ...OPEN_ACCESS, deny: DENIED_ROLES } }),
    stores,
    inference,
  });
  const feed = new EventFeed("run");
  const rooms = await ChatRooms.open({
    bot,
    store: createMemoryTimelineStore(),
    chatStore: createMemoryChatStore(),
    workspaceName: "Cria",
    feed,
    logger,
    now: Date.now,
  });
  const assets = [
    await createAsset("/", Buffer.from("<p>page</p>")),
    await createAsset("/assets/app-1.js", Buffer.alloc(9)),
  ];
  app = createApp({
    rooms,
    bot,
    feed,
    bundle: new Map(assets.map((asset) => [asset.path, asset])),
    secret: "a secret for tests",
    workspaceName: "Cria",
    hostNames: hostNamesFor("127.0.0.1", []),
    isEveryoneAdmin: true,
    logger,
    signal: stopping.signal,
  });
});
afterEach(() => stopping.abort());

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  return await app.request(path, { ...init, headers: { host: HOST, ...init.headers } });
}

async function join(name = "Ada"): Promise<string> {
  const response = await post("/api/session", { name });
  return response.headers.get("set-cookie")!.split(";")[0]!;
}

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return request(path, { method: "POST", body: JSON.stringify(body), headers: { ...JSON_HEADERS, ...headers } });
}

/** What a stream says first; it stays open, as one whose page is gone without a word. */
const firstOf = async (response: Response) =>
  new TextDecoder().decode((await response.body!.getReader().read()).value ?? new Uint8Array());
const errorOf = async (response: Response) => ((await response.json()) as { error: string }).error;

describe("createApp", () => {
  it("lets people be without roles, whom lists that deny roles let in", async () => {
    const cookie = await join();
    const { directChannel } = (await (await request("/api/workspace", { headers: { cookie } })).json()) as Workspace;
    await post(`/api/channels/${directChannel}/messages`, { id: "message-1", text: "Hello" }, { cookie });
    await expect.poll(() => inference.requests).toHaveLength(1);
  });

  it("allows nothing from elsewhere, nothing inline, no frames", async () => {
    const { headers } = await request("/");
    const policy = headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|\*|http/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
  });

  it("sends a file once, compressed, and then says that it has not changed", async () => {
    const first = await request("/", { headers: { "accept-encoding": "gzip, br" } });
    expect(first.headers.get("content-encoding")).toBe("br");
    const etag = first.headers.get("etag")!;
    const again = await request("/", { headers: { "accept-encoding": "gzip, br", "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await request("/")).headers.get("content-encoding")).toBeNull();
    expect((await request("/assets/app-1.js")).headers.get("cache-control")).toContain("immutable");
  });

  it("knows nothing of who has no session", async () => {
    expect(await (await request("/api/workspace")).json()).toBeNull();
    for (const path of ["/api/models", "/api/events", "/api/channels/general", "/api/completions"])
      expect((await request(path)).status).toBe(401);
    expect((await post("/api/channels/general/messages", { id: "message-1", text: "hello" })).status).toBe(401);
  });

  it("answers HEAD for the event stream and holds no connection for it", async () => {
    const cookie = await join();
    for (let count = 0; count < 5; count++) {
      const head = await request("/api/events", { method: "HEAD", headers: { cookie } });
      expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    }
    expect(await firstOf(await request("/api/events", { headers: { cookie } }))).toMatch(/^event: (ping|resync)/);
  });

  it("counts a window once that comes again by another network, its old stream being dead", async () => {
    const cookie = await join();
    const open = async (id: string) => firstOf(await request(`/api/events?window=${id}`, { headers: { cookie } }));
    for (let change = 0; change < 3; change++)
      for (const id of ["window-1", "window-2"]) expect(await open(id)).not.toContain("refused");
    for (const id of ["window-3", "window-4"]) expect(await open(id)).not.toContain("refused");
    expect(await open("window-5")).toContain("You have 4 other windows open");
  });

  it("gives the workspace to who has one", async () => {
    const cookie = await join();
    const workspace = await (await request("/api/workspace", { headers: { cookie } })).json();
    expect(workspace).toMatchObject({
      name: "Cria",
      person: { name: "Ada" },
      channels: ["general", "random"],
      isServing: true,
    });
  });

  it("says what is wrong with a name", async () => {
    const response = await post("/api/session", { name: "  " });
    expect([response.status, await errorOf(response)]).toEqual([400, "Choose a name of at least one letter."]);
  });

  it.each([
    ["another origin", { origin: "http://evil.example" }],
    ["no origin", { origin: "" }],
    ["an origin of no page", { origin: "null" }],
    ["another site, by the browser's word", { "sec-fetch-site": "cross-site" }],
  ])("refuses changes from %s", async (_, headers) => {
    const response = await post("/api/session", { name: "Ada" }, headers);
    expect([response.status, await errorOf(response)]).toEqual([403, "This request does not come from the chat page."]);
  });

  it("refuses other host names on loopback, whatever page asks", async () => {
    const response = await request("/", { headers: { host: "rebound.example:3000" } });
    expect(response.status).toBe(403);
    expect(await errorOf(response)).toContain('"rebound.example:3000"');
    expect((await request("/", { headers: { host: "localhost:3000" } })).status).toBe(200);
  });

  it.each([
    ["that says its length", { "content-length": "250033" }, "250,033"],
    ["sent in chunks", {}, "too many"],
  ])("answers a body over its limit, %s, with 413 and the figures", async (_, headers, has) => {
    const cookie = await join();
    const message = { id: "message-1", text: "x".repeat(250_000) };
    const response = await post("/api/channels/general/messages", message, { cookie, ...headers });
    expect([response.status, await errorOf(response)]).toEqual([
      413,
      `The request has ${has} bytes; at most 199,144 are taken, since a message may have 32,000 characters.`,
    ]);
  });

  it("takes the longest message in any script", async () => {
    const cookie = await join();
    for (const [index, unit] of ["x", "龍", "\u0001", "\ud83d"].entries()) {
      const message = { id: `message-${index}`, text: `x${unit.repeat(MAX_MESSAGE_LENGTH - 2)}x` };
      const response = await post("/api/channels/general/messages", message, { cookie });
      expect(response.status).toBe(202);
    }
  });

  it.each([
    ["half a body", '{"id":"mess', 400, /^The request's body is not whole JSON\.$/],
    ["another shape", '{"id":"message-1"}', 400, /^The request is malformed\. text: .+\.$/],
    ["no object", "1", 400, /^The request is malformed\. body: .+\.$/],
    ["an id that could be a path", '{"id":"../../etc/x","text":"hi"}', 400, /^The request is malformed\. id: must be/],
    ["an empty message", '{"id":"message-1","text":"  "}', 400, /^The message is empty\.$/],
    ["an overlong message", JSON.stringify({ id: "message-1", text: "x".repeat(MAX_MESSAGE_LENGTH + 1) }), 413, /\.$/],
  ])("refuses a message of %s", async (_, body, status, sentence) => {
    const cookie = await join();
    const headers = { ...JSON_HEADERS, cookie };
    const response = await request("/api/channels/general/messages", { method: "POST", body, headers });
    expect(response.status).toBe(status);
    expect(await errorOf(response)).toMatch(sentence);
  });

  it("takes changes as JSON only: a form of another page can send no other", async () => {
    const response = await post("/api/session", { name: "Ada" }, { "content-type": "text/plain" });
    expect([response.status, await errorOf(response)]).toEqual([400, "The request's body must be JSON."]);
  });

  it("lists models, or says that the service is away", async () => {
    const cookie = await join();
    const models = (await (await request("/api/models", { headers: { cookie } })).json()) as { state: string }[];
    expect(models.map(({ state }) => state)).toEqual(["loaded", "available", "broken"]);
    inference.setServing(false);
    const response = await request("/api/models", { headers: { cookie } });
    expect([response.status, await errorOf(response)]).toEqual([503, expect.stringContaining("cannot be reached")]);
  });
});

describe("the rights of an admin", () => {
  /** What Cria answers to a command that is for admins. */
  async function command(headers: Record<string, string>): Promise<string> {
    const cookie = await join();
    await post("/api/channels/general/messages", { id: "message-1", text: "/feedback on" }, { cookie, ...headers });
    const answer = async () => {
      const channel = await request("/api/channels/general", { headers: { cookie } });
      return ((await channel.json()) as ChannelSnapshot).messages[1]?.text ?? "";
    };
    await expect.poll(answer).not.toBe("");
    return await answer();
  }
  const refusal = /^Only admins/;

  it("are everyone's whose browser runs on this machine", async () => {
    for (const name of ["127.0.0.1", "localhost", "[::1]"])
      expect(isFromThisMachine(new Headers({ origin: `http://${name}:3000` }))).toBe(true);
    expect(await command({})).not.toMatch(refusal);
  });

  it.each([
    ["forwarded", "for=192.0.2.1"],
    ["x-forwarded-for", "192.0.2.1"],
    ["x-forwarded-proto", "https"],
    ["x-real-ip", "192.0.2.1"],
    ["via", "1.1 proxy"],
  ])("are nobody's who comes by a proxy that says %s", async (name, value) => {
    expect(await command({ [name]: value })).toMatch(refusal);
  });

  it("are nobody's whose page has another address, as behind a proxy that only passes on", async () => {
    const site = { "sec-fetch-site": "same-origin" };
    expect(await command({ ...site, origin: "https://chat.example.org" })).toMatch(refusal);
    expect(isFromThisMachine(new Headers())).toBe(false);
  });
});

describe("hostNamesFor", () => {
  it("holds a server on loopback to loopback's names and those added", () => {
    expect(hostNamesFor("127.0.0.1", ["chat.example"])).toContain("chat.example");
    expect(hostNamesFor("localhost", [])).toContain("127.0.0.1");
    expect(hostNamesFor("::1", [])).toContain("[::1]");
  });

  it("lets a server that is reached from outside answer to any name, or to those given and this machine's own", () => {
    expect(hostNamesFor("0.0.0.0", [])).toBeUndefined();
    for (const name of ["localhost", "127.0.0.1", "[::1]", "192.168.1.20", "chat.example"])
      expect(hostNamesFor("192.168.1.20", ["chat.example"])).toContain(name);
  });
});
