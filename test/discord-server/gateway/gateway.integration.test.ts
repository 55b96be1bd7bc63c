import { type Client, Events, type Message } from "discord.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { quickenTime } from "../../quick-time.ts";
import { DiscordServer, type DiscordServerOptions } from "../discord-server.ts";
import { createTestClient, login } from "../testing.ts";

let endQuickTime: () => void;
let server: DiscordServer;
let client: Client;

/** A guild with a channel and a person in it. */
function createWorld() {
  const { guild, channel } = server.createGuild();
  return { guild, channel, ann: server.addPerson("Ann", guild) };
}

async function restart(options: DiscordServerOptions): Promise<void> {
  await server.close();
  server = await DiscordServer.start(options);
}

/** The texts the client is told of, as they come. */
function listen(): string[] {
  const texts: string[] = [];
  client.on(Events.MessageCreate, ({ content }: Message) => texts.push(content));
  return texts;
}

/** Resolves with the code of the close that ends the client for good. */
function fatalClose(): Promise<number> {
  client.on(Events.Error, () => {});
  client.on(Events.ShardError, () => {});
  return new Promise((resolve) => client.once(Events.ShardDisconnect, ({ code }) => resolve(code)));
}

describe("the gateway, by a real client", () => {
  beforeEach(async () => {
    endQuickTime = quickenTime();
    server = await DiscordServer.start();
  });

  afterEach(async () => {
    await client.destroy();
    await server.close();
    endQuickTime();
  });

  it("identifies, tells of guilds and delivers messages of channels, threads and direct messages", async () => {
    const { channel, ann } = createWorld();
    client = await login(createTestClient(server), server.token);
    const texts = listen();
    expect(client.guilds.cache.map(({ name }) => name)).toEqual(["The Herd"]);
    const question = ann.mention(channel, "hello");
    ann.say(ann.startThread(channel, "more", question), "in the thread");
    ann.dm("in private");
    await expect.poll(() => texts).toEqual([`<@${server.world.bot.id}> hello`, "in the thread", "in private"]);
  });

  it("hides content from those without the intent, except where the bot is named and in direct messages", async () => {
    const { channel, ann } = createWorld();
    client = createTestClient(server, { intents: ["Guilds", "GuildMessages", "DirectMessages"] });
    await login(client, server.token);
    const texts = listen();
    ann.say(channel, "a secret");
    ann.mention(channel, "seen");
    ann.dm("private");
    await expect.poll(() => texts).toEqual(["", `<@${server.world.bot.id}> seen`, "private"]);
  });

  it("replays what a dropped connection missed, at the resume address", async () => {
    const { channel, ann } = createWorld();
    client = await login(createTestClient(server), server.token);
    const texts = listen();
    const resumed = new Promise<number>((resolve) =>
      client.once(Events.ShardResume, (_, replayed) => resolve(replayed)),
    );
    server.dropConnections();
    ann.say(channel, "while away 1");
    ann.say(channel, "while away 2");
    expect(await resumed).toBeGreaterThanOrEqual(2);
    expect(texts).toEqual(["while away 1", "while away 2"]);
    expect(server.gateway.starts).toEqual(["identify", "resume"]);
  });

  it("resumes when it is told to reconnect", async () => {
    createWorld();
    client = await login(createTestClient(server), server.token);
    const resumed = new Promise((resolve) => client.once(Events.ShardResume, resolve));
    server.askToReconnect();
    await resumed;
    expect(server.gateway.starts).toEqual(["identify", "resume"]);
  });

  it("refuses to resume a session that is forgotten or too old; the client identifies anew", async () => {
    createWorld();
    client = await login(createTestClient(server), server.token);
    const isBack = new Promise((resolve) => client.once(Events.ShardReady, resolve));
    server.forgetSessions();
    server.dropConnections();
    await isBack;
    expect(server.gateway.starts).toEqual(["identify", "resume", "identify"]);
  });

  it("is resumed after close code 4009", async () => {
    createWorld();
    client = await login(createTestClient(server), server.token);
    const isBack = new Promise((resolve) => client.once(Events.ShardResume, resolve));
    server.closeConnections(4009);
    await isBack;
    expect(server.gateway.starts).toEqual(["identify", "resume"]);
  });

  it("is identified anew after close code 4007", async () => {
    createWorld();
    client = await login(createTestClient(server), server.token);
    const isBack = new Promise((resolve) => client.once(Events.ShardReady, resolve));
    server.closeConnections(4007);
    await isBack;
    expect(server.gateway.starts).toEqual(["identify", "identify"]);
  });

  it("closes with 4004 when the token was reset", async () => {
    client = await login(createTestClient(server), server.token);
    const code = fatalClose();
    server.resetToken();
    expect(await code).toBe(4004);
  });

  it("closes with 4014 for an intent that the portal has not switched on", async () => {
    await restart({ privilegedIntents: 0 });
    client = createTestClient(server);
    const code = fatalClose();
    void client.login(server.token).catch(() => {});
    expect(await code).toBe(4014);
  });

  it("closes with 4013 for intents that do not exist", async () => {
    client = createTestClient(server, { intents: 1 << 30 });
    const code = fatalClose();
    void client.login(server.token).catch(() => {});
    expect(await code).toBe(4013);
  });

  it("closes with 4011 when one shard would have too many guilds", async () => {
    await restart({ limits: { guildsPerShard: 1 } });
    server.createGuild("one");
    server.createGuild("two");
    client = createTestClient(server, { shards: [0], shardCount: 1 });
    const code = fatalClose();
    void client.login(server.token).catch(() => {});
    expect(await code).toBe(4011);
  });

  it("gives each shard the guilds that are its own", async () => {
    await restart({ limits: { guildsPerShard: 1 } });
    const ids = ["one", "two"].map((name) => server.createGuild(name).guild.id);
    const shardOf = (id: string) => Number((BigInt(id) >> 22n) % 2n);
    client = createTestClient(server, { shards: [shardOf(ids[0]!)], shardCount: 2 });
    await login(client, server.token);
    expect([...client.guilds.cache.keys()]).toEqual(ids.filter((id) => shardOf(id) === shardOf(ids[0]!)));
  });

  it("tells of channels and guilds that go", async () => {
    const { guild, channel } = createWorld();
    client = await login(createTestClient(server), server.token);
    const gone: string[] = [];
    client.on(Events.ChannelDelete, ({ id }) => gone.push(id));
    client.on(Events.GuildDelete, ({ id }) => gone.push(id));
    server.deleteChannel(channel);
    server.removeBot(guild);
    await expect.poll(() => gone).toEqual([channel.id, guild.id]);
  });
});
