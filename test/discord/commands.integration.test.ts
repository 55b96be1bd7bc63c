import { OPEN_ACCESS } from "@cria/bot-core";
import { createGate, fakeModel } from "@cria/bot-core/testing";
import { ModelState } from "@cria/proto";
import { ApplicationIntegrationType } from "discord-api-types/v10";
import { afterEach, describe, expect, it } from "vitest";
import { AdvancingClock } from "../clock.ts";
import { buttonLabels, DISCORD_LIMITS } from "../discord-server/index.ts";
import { DiscordRun } from "./discord-run.ts";

const runs: DiscordRun[] = [];
const models = (count: number) => Array.from({ length: count }, (_, index) => fakeModel({ name: `model-${index}` }));

async function start(options?: Parameters<typeof DiscordRun.start>[0]): Promise<DiscordRun> {
  const run = await DiscordRun.start(options);
  runs.unshift(run);
  return run;
}

describe("slash commands on Discord", () => {
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.stop();
  });

  /** The text that a command was answered with. */
  const answered = async (run: DiscordRun, ...command: [name: string, values?: Record<string, string | number>]) => {
    const interaction = run.ann.slash(run.channel, ...command);
    const text = await run.server.until(() => interaction.original?.json.content, `an answer to /${command[0]}`);
    return { text, isPrivate: interaction.original?.ephemeralFor === run.ann.id };
  };

  it("are registered once, however often the bot starts", async () => {
    const first = await start();
    expect(
      first.server.commands
        .list("global")
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["compare", "context", "feedback", "help", "model", "reset", "setting", "status", "system"].sort());
    await start({ joins: first });
    expect(first.server.commands.numWrites).toBe(1);
  });

  it("are registered in the guilds that are named, and not twice for their people", async () => {
    const first = await start();
    const second = await start({ joins: first, config: { guildIds: [first.guild.id] } });
    expect(second.server.commands.list("global")).toEqual([]);
    expect(second.server.commands.list(first.guild.id)).toHaveLength(9);
    await start({ joins: first, config: { guildIds: [first.guild.id] } });
    expect(first.server.commands.numWrites).toBe(3);
  });

  it("leave the servers that are named no longer, and are taken away twice from none", async () => {
    const first = await start();
    await start({ joins: first, config: { guildIds: [first.guild.id] } });
    expect(first.server.commands.list(first.guild.id)).toHaveLength(9);
    await start({ joins: first });
    expect(first.server.commands.list(first.guild.id)).toEqual([]);
    expect(first.server.commands.list("global")).toHaveLength(9);
    const changes = () =>
      first.server.requests.filter(({ method, path }) => method === "PUT" && path.includes("/commands"));
    const before = changes().length;
    await start({ joins: first });
    expect(changes()).toHaveLength(before);
  });

  it("are registered in a named guild once the bot is added to it", async () => {
    const first = await start();
    const later = first.server.createGuild("later", false);
    const run = await start({ joins: first, config: { guildIds: [later.guild.id] } });
    expect(run.logs.join("")).toContain("is the bot in each server of CRIA_DISCORD_GUILDS?");
    run.server.addBot(later.guild);
    await run.server.until(() => run.server.commands.list(later.guild.id).length === 9, "commands in the new server");
  });

  it("list the models for the one who asks, and switch for everybody in the channel", async () => {
    const run = await start();
    run.inference.models = [fakeModel(), fakeModel({ name: "other", isDefault: false, state: ModelState.AVAILABLE })];
    const list = await answered(run, "model");
    expect(list.text).toMatch(/\*\*fake\*\* \(in use here, loaded\)[\s\S]*\*\*other\*\* \(loads on first use\)/);
    expect(list.isPrivate).toBe(true);
    const switched = await answered(run, "model", { name: "other" });
    expect(switched).toEqual({
      text: "**other** answers here from now on. It loads with the next message.",
      isPrivate: false,
    });
    run.ann.mention(run.channel, "hello");
    await run.ended();
    expect(run.inference.requests[0]?.model).toBe("other");
    run.ann.dm("hello");
    await run.ended(run.ann.directChannel);
    expect(run.inference.requests[1]?.model).toBe("fake");
  });

  it("refuse a model that does not exist before it is stored, with near matches, the one who asked alone", async () => {
    const run = await start();
    run.ann.slash(run.channel, "model", { name: "fkae" });
    const note = () =>
      run.server.seen(run.channel, run.ann).find(({ json }) => /no model "fkae".*fake/.test(json.content));
    expect((await run.server.until(note, "a refusal")).ephemeralFor).toBe(run.ann.id);
    expect(run.server.botTexts(run.channel)).toEqual([]);
    run.ann.mention(run.channel, "hello");
    await run.ended();
    expect(run.inference.requests[0]?.model).toBe("fake");
  });

  it("are remembered by the processes that come after", async () => {
    const first = await start();
    first.inference.models = [fakeModel(), fakeModel({ name: "other", isDefault: false })];
    await answered(first, "model", { name: "other" });
    await first.platform.stop(0);
    const second = await start({ joins: first });
    second.inference.models = first.inference.models;
    second.ann.mention(second.channel, "hello");
    await second.ended();
    expect(second.inference.requests[0]?.model).toBe("other");
  });

  it("switch feedback on, which puts 👍 and 👎 under replies", async () => {
    const ratings: string[] = [];
    const feedback = { rate: async (_: string, { rating }: { rating: string }) => void ratings.push(rating) };
    const run = await start({ core: { feedback } });
    run.server.giveRole(run.guild, run.ann, "manager", "ManageGuild");
    expect((await answered(run, "feedback", { state: "on" })).text).toContain("Feedback is on");
    run.ann.mention(run.channel, "hello");
    const reply = await run.ended();
    expect(buttonLabels(reply)).toEqual(["Regenerate", "👍", "👎"]);
    run.ann.press(reply, "👍");
    const thanks = () => run.server.seen(run.channel, run.ann).find(({ json }) => json.content === "Noted, thank you.");
    expect((await run.server.until(thanks, "a thank-you")).ephemeralFor).toBe(run.ann.id);
    expect(ratings).toEqual(["up"]);
  });

  it("set a channel's model for its threads", async () => {
    const run = await start();
    run.inference.models = [fakeModel(), fakeModel({ name: "other", isDefault: false })];
    await answered(run, "model", { name: "other", where: "channel" });
    const thread = run.ann.startThread(run.channel, "a thread");
    run.ann.mention(thread, "hello");
    await run.ended(thread);
    expect(run.inference.requests[0]?.model).toBe("other");
  });

  it("leave it to the default to answer where the chosen model is gone, which it says, whoever may choose another", async () => {
    const run = await start({ core: { access: { ...OPEN_ACCESS, adminCommands: ["model"] } } });
    run.server.giveRole(run.guild, run.ann, "manager", "ManageGuild");
    run.inference.models = [fakeModel(), fakeModel({ name: "other", isDefault: false })];
    await answered(run, "model", { name: "other" });
    run.inference.models = [fakeModel()];
    const bob = run.server.addPerson("Bob", run.guild);
    bob.mention(run.channel, "hello");
    expect((await run.ended()).json.content).toMatch(/^hello\n\n\*The model other is gone; fake answers\.\*/);
    expect(run.inference.requests[0]?.model).toBe("fake");
  });

  it("complete a model's name with at most 25, the state and the description beside it", async () => {
    const run = await start();
    run.inference.models = [...models(30), fakeModel({ name: "alpaca", description: "Answers.", isDefault: true })];
    const all = run.ann.autocomplete(run.channel, "model", "name", "");
    await run.server.until(() => all.answer, "choices");
    expect(all.answer).toMatchObject({ choices: { length: DISCORD_LIMITS.autocompleteChoices } });
    const near = run.ann.autocomplete(run.channel, "model", "name", "alpca");
    await run.server.until(() => near.answer, "choices");
    expect(near.answer).toMatchObject({ choices: [{ name: "alpaca · default · loaded · Answers.", value: "alpaca" }] });
  });

  it("complete nothing while the service is away", async () => {
    const run = await start();
    run.inference.setServing(false);
    const typed = run.ann.autocomplete(run.channel, "compare", "first", "x");
    await run.server.until(() => typed.answer, "choices");
    expect(typed.answer).toMatchObject({ choices: [] });
  });

  it("remember, forget, and tell", async () => {
    const run = await start();
    run.ann.mention(run.channel, "hello");
    await run.ended();
    expect((await answered(run, "system", { persona: "You are a teacher." })).text).toContain("The persona is set");
    expect((await answered(run, "system")).text).toContain("> You are a teacher.");
    expect((await answered(run, "context", { mode: "merged", rounds: 4 })).text).toContain("The last 4 to 7 rounds");
    expect((await answered(run, "status")).isPrivate).toBe(true);
    expect((await answered(run, "help")).text).toContain("/reset");
    expect((await answered(run, "reset")).text).toContain("Forgot one round");
  });

  it("show the words of others as they are", async () => {
    const run = await start();
    const error = "Workspace memory is missing.";
    run.inference.models = [
      fakeModel({ description: "tuned for Workspace tools" }),
      fakeModel({ name: "broken", isDefault: false, state: ModelState.BROKEN, error }),
    ];
    const { text } = await answered(run, "model");
    expect(text).toContain("tuned for Workspace tools");
    expect(text).toContain(error);
  });

  it("keep what holds for a server to those who manage it", async () => {
    const run = await start();
    run.inference.models = [fakeModel(), fakeModel({ name: "other", isDefault: false })];
    expect(await answered(run, "model", { name: "other", where: "workspace" })).toEqual({
      text: "Only admins may change the settings of a server.",
      isPrivate: true,
    });
    run.server.giveRole(run.guild, run.ann, "manager", "ManageGuild");
    expect(await answered(run, "model", { name: "other", where: "workspace" })).toEqual({
      text: expect.stringContaining("in this server"),
      isPrivate: false,
    });
  });

  it("tell of what keeps them from being run the one who asked alone", async () => {
    const run = await start({ core: { quotaLimits: { userMessagesPerMinute: 0 } } });
    run.inference.models = [fakeModel(), fakeModel({ name: "other", isDefault: false })];
    expect(await answered(run, "context")).toMatchObject({ isPrivate: true });
    run.ann.slash(run.channel, "compare", { first: "fake", second: "other", question: "why?" });
    const note = () => run.server.seen(run.channel, run.ann).find(({ json }) => json.content.includes("in a minute"));
    expect((await run.server.until(note, "a refusal")).ephemeralFor).toBe(run.ann.id);
    expect(run.server.botTexts(run.channel)).toEqual([]);
  });

  it("let two models answer side by side, under what may be shown of a long question", async () => {
    const run = await start();
    run.inference.models = [fakeModel(), fakeModel({ name: "other", isDefault: false })];
    run.inference.script({ chunks: ["One says."] }, { chunks: ["Other says."] });
    const question = `why? ${"😀".repeat(800)}`;
    run.ann.slash(run.channel, "compare", { first: "fake", second: "other", question });
    await run.sees("One says.");
    await run.sees("Other says.");
    const texts = run.server.botTexts(run.channel);
    expect(texts[0]).toMatch(/^\*\*fake\*\* and \*\*other\*\* answer:\n> why\? 😀+…$/u);
    expect(texts[1]).toMatch(/^\*\*fake\*\*/);
    expect(texts[2]).toMatch(/^\*\*other\*\*/);
  });

  it("count two models side by side as two messages", async () => {
    const run = await start({ core: { quotaLimits: { userMessagesPerMinute: 2 } } });
    run.inference.models = [fakeModel(), fakeModel({ name: "other", isDefault: false })];
    run.ann.slash(run.channel, "compare", { first: "fake", second: "other", question: "why?" });
    await run.server.until(() => run.server.botMessages(run.channel).length === 3, "both replies");
    run.ann.mention(run.channel, "and I?");
    await run.sees("in a minute");
  });

  it("work in direct messages", async () => {
    const run = await start();
    const interaction = run.ann.slash(run.ann.directChannel, "status");
    await run.server.until(() => interaction.original?.json.content, "an answer");
  });

  it("are not offered where the bot is not", async () => {
    const run = await start();
    const places = run.server.commands.list("global").map(({ integration_types }) => integration_types);
    expect(places).toEqual(places.map(() => [ApplicationIntegrationType.GuildInstall]));
  });

  it("stream a comparison past the fifteen minutes of their token", async () => {
    const clock = new AdvancingClock();
    const run = await start({ server: { clock } });
    const gates = [createGate(), createGate()];
    run.inference.models = [fakeModel(), fakeModel({ name: "other", isDefault: false })];
    run.inference.script(...gates.map(({ opened }) => ({ chunks: ["Begun."], hold: opened })));
    run.ann.slash(run.channel, "compare", { first: "fake", second: "other", question: "why?" });
    await run.server.until(
      () => run.server.botTexts(run.channel).filter((text) => text.includes("Begun.")).length === 2,
      "both",
    );
    clock.advance(16 * 60_000);
    for (const { open } of gates) open();
    const hasFigures = () => run.server.botTexts(run.channel).filter((text) => text.includes("tokens")).length === 2;
    await run.server.until(hasFigures, "both ends");
  });

  it("outlive an answer that comes too late", async () => {
    const clock = new AdvancingClock();
    const run = await start({ server: { clock } });
    run.ann.slash(run.channel, "status");
    clock.advance(3_001);
    await run.server.until(
      () => run.server.requests.some(({ path, status }) => path.endsWith("/callback") && status === 404),
      "a refusal",
    );
    expect((await answered(run, "status")).text).toContain("fake");
    expect(run.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  it("are answered by one of several processes", async () => {
    const run = await start();
    await start({ joins: run });
    expect((await answered(run, "help")).text).toContain("/model");
    const callbacks = () =>
      run.server.requests.filter(({ path }) => path.endsWith("/callback")).map(({ status }) => status);
    await run.server.until(() => callbacks().length === 2, "both callbacks");
    expect(callbacks().sort()).toEqual([204, 400]);
  });
});
