import { OPEN_ACCESS } from "@cria/bot-core";
import { createGate } from "@cria/bot-core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { buttonLabels } from "../discord-server/index.ts";
import { DiscordRun } from "./discord-run.ts";

let run: DiscordRun;

/** A reply's text without its small print. */
const words = (content: string) => content.replace(/\n?-# .*$/s, "");

describe("a reply whose place goes", () => {
  afterEach(() => run.stop());

  const begin = async () => {
    run = await DiscordRun.start();
    run.inference.script({ chunks: ["Begun"], hold: createGate().opened });
    const question = run.ann.mention(run.channel, "talk");
    await run.sees("Begun");
    return question;
  };
  /** Resolves when another question is answered: what happened before it has reached the bot. */
  const goesOn = async () => {
    run.ann.dm("still there?");
    await run.ended(run.ann.directChannel);
  };

  it("stops when its question is deleted", async () => {
    const question = await begin();
    run.ann.delete(question);
    const reply = await run.ended();
    expect(reply.json.content).toBe("Begun\n-# Stopped.");
    expect(buttonLabels(reply)).toEqual([]);
  });

  it("is forgotten with its question when that is deleted later", async () => {
    run = await DiscordRun.start();
    const secret = run.ann.mention(run.channel, "a secret");
    const reply = await run.ended();
    run.ann.mention(run.channel, "hello");
    await run.sees("hello");
    const conversation = `discord:${run.guild.id}:${run.channel.id}`;
    await expect.poll(() => run.stores.rounds.count(conversation)).toBe(2);
    run.ann.delete(secret);
    await expect.poll(() => run.stores.rounds.read(conversation)).toMatchObject({ rounds: [{ user: "hello" }] });
    run.ann.press(reply, "Regenerate");
    const note = () => run.server.seen(run.channel, run.ann).find(({ ephemeralFor }) => ephemeralFor === run.ann.id);
    expect((await run.server.until(note, "a note")).json.content).toMatch(/too old/);
  });

  it("says nothing when the question is deleted before the first words", async () => {
    run = await DiscordRun.start();
    run.inference.script({ queue: createGate().opened });
    const question = run.ann.mention(run.channel, "talk");
    await run.server.until(() => run.inference.requests.length > 0 && run.server.isTyping(run.channel), "typing");
    run.ann.delete(question);
    run.ann.mention(run.channel, "again");
    await run.ended();
    expect(run.server.botMessages(run.channel)).toHaveLength(1);
  });

  it("stops when it is deleted itself", async () => {
    await begin();
    await goesOn();
    const [reply] = run.server.botMessages(run.channel);
    run.ann.delete(reply!);
    run.ann.mention(run.channel, "again");
    await run.ended();
  });

  it("ends with its channel, and with its guild", async () => {
    await begin();
    run.server.deleteChannel(run.channel);
    await goesOn();
    expect(run.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  it("ends when the bot is removed from the guild", async () => {
    await begin();
    run.server.removeBot(run.guild);
    await goesOn();
    expect(run.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  it("goes on in a thread that somebody archives meanwhile", async () => {
    run = await DiscordRun.start();
    const gate = createGate();
    run.inference.script({ chunks: ["Half"], hold: gate.opened });
    const thread = run.ann.startThread(run.channel, "a thread");
    run.ann.mention(thread, "talk");
    await run.sees("Half", thread);
    run.server.archive(thread);
    gate.open();
    expect(words((await run.ended(thread)).json.content)).toBe("Half");
    expect(thread.isArchived).toBe(false);
  });

  it("ends in a thread that a moderator locks", async () => {
    run = await DiscordRun.start();
    const gate = createGate();
    run.inference.script({ chunks: ["Half"], hold: gate.opened });
    const thread = run.ann.startThread(run.channel, "a thread");
    run.ann.mention(thread, "talk");
    await run.sees("Half", thread);
    run.server.archive(thread, { isLocked: true });
    gate.open();
    await expect.poll(() => run.logs.join("")).toContain("may not write there");
    await goesOn();
  });

  it("gives up where it may not write any more, after one refusal", async () => {
    run = await DiscordRun.start();
    run.server.denyBot(run.channel, "SendMessages");
    run.ann.mention(run.channel, "talk");
    const note = await run.sees("I may not write in", run.ann.directChannel);
    expect(note).toContain("Send Messages");
    const refused = run.server.requests.filter(
      ({ method, path, status }) => status === 403 && method === "POST" && path.endsWith("/messages"),
    );
    expect(refused).toHaveLength(1);
  });

  it("ends when the bot may no longer see the channel it writes in", async () => {
    await begin();
    run.server.denyBot(run.channel, "ViewChannel");
    const [reply] = run.server.botMessages(run.channel);
    run.ann.press(reply!, "Stop");
    await expect.poll(() => run.logs.join("")).toContain("may not write there");
    await goesOn();
  });

  it("says in what it has shown that it may not write there any more, and goes on with nothing", async () => {
    run = await DiscordRun.start();
    const mayNotWrite = createGate();
    const chunks = async function* () {
      yield "Half";
      await mayNotWrite.opened;
      yield ` ${"word ".repeat(500)}`;
    };
    run.inference.script({ chunks: chunks(), hold: new Promise(() => {}) });
    run.ann.mention(run.channel, "talk");
    await run.sees("Half");
    run.server.denyBot(run.channel, "SendMessages");
    mayNotWrite.open();
    const reply = await run.ended();
    expect(reply.json.content).toBe("Half\n-# ⚠️ I may not write here any more.");
    expect(buttonLabels(reply)).toEqual([]);
    expect(run.logs.join("")).toContain("may not write there");
    const conversation = `discord:${run.guild.id}:${run.channel.id}`;
    await expect
      .poll(() => run.stores.rounds.read(conversation))
      .toMatchObject({ rounds: [{ assistant: expect.stringMatching(/^Half word/) }] });
    run.server.denyBot(run.channel);
    run.ann.mention(run.channel, "and now?");
    await run.sees("and now?");
  });

  it("loses its Stop button by the press where the bot sees the channel no longer", async () => {
    await begin();
    run.server.denyBot(run.channel, "ViewChannel");
    const [reply] = run.server.botMessages(run.channel);
    run.ann.press(reply!, "Stop");
    await run.server.until(() => buttonLabels(reply!).length === 0, "a reply without buttons");
    await expect.poll(() => run.logs.join("")).toContain("may not write there");
  });

  it("tells who pressed Regenerate alone that it may not write there", async () => {
    run = await DiscordRun.start();
    run.ann.mention(run.channel, "talk");
    const reply = await run.ended();
    run.server.denyBot(run.channel, "SendMessages");
    run.ann.press(reply, "Regenerate");
    const note = () => run.server.seen(run.channel, run.ann).find(({ ephemeralFor }) => ephemeralFor === run.ann.id);
    expect((await run.server.until(note, "a note")).json.content).toContain("I may not write in");
    expect(run.server.botMessages(run.ann.directChannel)).toEqual([]);
  });

  it("keeps its Stop button where who presses it may not talk to the bot", async () => {
    const denied: string[] = [];
    const access = { ...OPEN_ACCESS, deny: { ...OPEN_ACCESS.deny, users: denied } };
    run = await DiscordRun.start({ core: { access } });
    const bob = run.server.addPerson("Bob", run.guild);
    denied.push(bob.id);
    run.inference.script({ chunks: ["Begun"], hold: new Promise(() => {}) });
    run.ann.mention(run.channel, "talk");
    await run.sees("Begun");
    const [reply] = run.server.botMessages(run.channel);
    bob.press(reply!, "Stop");
    const note = () => run.server.seen(run.channel, bob).find(({ ephemeralFor }) => ephemeralFor === bob.id);
    expect((await run.server.until(note, "a refusal")).json.content).toMatch(/not on the list/);
    expect(buttonLabels(reply!)).toEqual(["Stop"]);
  });

  it("does without the reference where the bot may not read the history", async () => {
    run = await DiscordRun.start();
    run.server.denyBot(run.channel, "ReadMessageHistory");
    run.inference.script({ chunks: ["Here."] });
    run.ann.mention(run.channel, "talk");
    const reply = await run.ended();
    expect(words(reply.json.content)).toBe("Here.");
    expect(reply.json.message_reference).toBeUndefined();
  });

  it("answers anew in the same message when the question is edited meanwhile", async () => {
    run = await DiscordRun.start();
    const gate = createGate();
    run.inference.script(
      { chunks: ["Words"], hold: new Promise(() => {}) },
      { queue: gate.opened, chunks: ["Others."] },
    );
    const question = run.ann.mention(run.channel, "first text");
    await run.sees("Words");
    run.ann.edit(question, `<@${run.server.world.bot.id}> second text`);
    await run.sees("I answer it anew…");
    gate.open();
    await run.ended();
    expect(run.server.botTexts(run.channel).map(words)).toEqual(["Others."]);
    expect(run.inference.requests.at(-1)?.prompt.some(({ text }) => text.includes("second text"))).toBe(true);
  });

  it("answers the new text by Regenerate after the question was edited", async () => {
    run = await DiscordRun.start();
    const question = run.ann.mention(run.channel, "first text");
    const reply = await run.ended();
    expect(words(reply.json.content)).toBe("first text");
    run.ann.edit(question, `<@${run.server.world.bot.id}> second text`);
    await goesOn();
    run.ann.press(reply, "Regenerate");
    await run.sees("second text");
  });
});
