import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdvancingClock } from "../../clock.ts";
import { DiscordServer } from "../discord-server.ts";
import type { Person } from "../person.ts";
import { callApi } from "../testing.ts";
import type { Channel, Guild } from "../world/world.ts";
import type { Interaction } from "./interactions.ts";

const clock = new AdvancingClock();
let server: DiscordServer;
let guild: Guild;
let channel: Channel;
let ann: Person;

const MODEL = {
  name: "model",
  description: "The model",
  options: [{ type: 3, name: "name", description: "Its name", autocomplete: true }],
};
const STOP = { type: 1, components: [{ type: 2, style: 2, label: "Stop", custom_id: "stop" }] };
const choices = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `model ${index}`, value: `${index}` }));

const call = (method: string, path: string, body?: unknown) => callApi(server, method, path, body);
const commands = (scope = "") => `/applications/${server.world.bot.id}${scope}/commands`;
const answer = ({ id, token }: Interaction, type: number, data?: object) =>
  call("POST", `/interactions/${id}/${token}/callback`, { type, data });
const webhook = ({ token }: Interaction, path = "") => `/webhooks/${server.world.bot.id}/${token}${path}`;

describe("interactions", () => {
  beforeEach(async () => {
    server = await DiscordServer.start({ clock });
    ({ guild, channel } = server.createGuild());
    ann = server.addPerson("Ann", guild);
    await call("PUT", commands(), [MODEL]);
  });

  afterEach(() => server.close());

  it("are answered within three seconds, once", async () => {
    const slow = ann.slash(channel, "model");
    clock.advance(3001);
    expect(await answer(slow, 4, { content: "late" })).toMatchObject({ status: 404, json: { code: 10062 } });
    const quick = ann.slash(channel, "model");
    expect(await answer(quick, 4, { content: "in time" })).toMatchObject({ status: 204 });
    expect(await answer(quick, 4, { content: "twice" })).toMatchObject({ status: 400, json: { code: 40060 } });
    expect(server.botTexts(channel)).toEqual(["in time"]);
  });

  it("may be deferred, and their token is good for fifteen minutes", async () => {
    const interaction = ann.slash(channel, "model");
    await answer(interaction, 5);
    clock.advance(899_000);
    expect(await call("PATCH", webhook(interaction, "/messages/@original"), { content: "done" })).toMatchObject({
      status: 200,
    });
    clock.advance(2000);
    expect(await call("POST", webhook(interaction), { content: "more" })).toMatchObject({
      status: 401,
      json: { code: 50027 },
    });
    expect(server.botTexts(channel)).toEqual(["done"]);
  });

  it("show ephemeral answers to one person only", async () => {
    const bob = server.addPerson("Bob", guild);
    const interaction = ann.slash(channel, "model");
    await answer(interaction, 4, { content: "for Ann", flags: 64 });
    expect(server.seen(channel, ann)).toHaveLength(1);
    expect(server.seen(channel, bob)).toHaveLength(0);
    const id = interaction.original!.json.id;
    expect(await call("PATCH", `/channels/${channel.id}/messages/${id}`, { content: "x" })).toMatchObject({
      json: { code: 10008 },
    });
    expect(await call("PATCH", webhook(interaction, "/messages/@original"), { content: "changed" })).toMatchObject({
      status: 200,
    });
  });

  it("complete an option with at most 25 choices", async () => {
    const typed = ann.autocomplete(channel, "model", "name", "smo");
    expect(await answer(typed, 8, { choices: choices(26) })).toMatchObject({ status: 400, json: { code: 50035 } });
    expect(await answer(typed, 8, { choices: choices(25) })).toMatchObject({ status: 204 });
    expect(typed.answer).toMatchObject({ type: "choices", choices: choices(25) });
    const again = ann.autocomplete(channel, "model", "name", "");
    expect(await answer(again, 4, { content: "x" })).toMatchObject({ status: 400 });
  });

  it("come from buttons that are there, and update their message", async () => {
    const { json } = await call("POST", `/channels/${channel.id}/messages`, { content: "x", components: [STOP] });
    const stored = channel.messages.get(json.id)!;
    expect(() => ann.press(stored, "Go")).toThrow('no button "Go"');
    const press = ann.press(stored, "Stop");
    expect(await answer(press, 7, { content: "stopped", components: [] })).toMatchObject({ status: 204 });
    expect(stored.json.content).toBe("stopped");
    expect(() => ann.press(stored, "Stop")).toThrow("no button");
  });
});

describe("the registry of commands", () => {
  beforeEach(async () => {
    server = await DiscordServer.start({
      clock,
      limits: { commandCreates: { limit: 5, windowMs: 86_400_000 }, globalCommands: 4 },
    });
    ({ guild, channel } = server.createGuild());
    ann = server.addPerson("Ann", guild);
  });

  afterEach(() => server.close());

  const named = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `c${index}`, description: "x" }));

  it("keeps ids when commands are overwritten, globally and in a guild", async () => {
    const first = await call("PUT", commands(), named(2));
    const second = await call("PUT", commands(), named(2));
    expect(second.json.map(({ id }: { id: string }) => id)).toEqual(first.json.map(({ id }: { id: string }) => id));
    await call("PUT", commands(`/guilds/${guild.id}`), named(1));
    expect((await call("GET", commands(`/guilds/${guild.id}`))).json).toHaveLength(1);
  });

  it("has a most of commands, and of new ones a day", async () => {
    expect(await call("PUT", commands(), named(5))).toMatchObject({ status: 400, json: { code: 30032 } });
    await call("PUT", commands(), named(4));
    await call("PUT", commands(), []);
    expect(await call("PUT", commands(), named(2))).toMatchObject({ status: 400, json: { code: 30034 } });
    clock.advance(86_400_001);
    expect(await call("PUT", commands(), named(2))).toMatchObject({ status: 200 });
  });

  it("refuses bad names, missing descriptions and other applications", async () => {
    expect(await call("PUT", commands(), [{ name: "two words", description: "x" }])).toMatchObject({
      status: 400,
      json: { code: 50035 },
    });
    expect(await call("PUT", commands(), [{ name: "x" }])).toMatchObject({ status: 400 });
    expect(await call("PUT", "/applications/1/commands", [])).toMatchObject({ status: 403, json: { code: 20012 } });
  });

  it("lets people send only what is registered", async () => {
    await call("PUT", commands(), [{ ...MODEL, contexts: [0] }]);
    expect(() => ann.slash(channel, "nothing")).toThrow("there is no /nothing");
    expect(() => ann.slash(channel, "model", { size: "x" })).toThrow('no option "size"');
    expect(() => ann.slash(ann.directChannel, "model")).toThrow("not offered here");
  });
});
