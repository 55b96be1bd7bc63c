import { createGate, hasRedisServer } from "@cria/bot-core/testing";
import { afterEach, describe, expect, it } from "vitest";
import type { Delivery, NewEntry } from "../../bots/core/src/conversation/inbox.ts";
import { buttonRow } from "../../bots/discord/src/reply/buttons.ts";
import { buttonLabels, type StoredMessage } from "../discord-server/index.ts";
import { callApi } from "../discord-server/testing.ts";
import { DiscordRun } from "./discord-run.ts";

const runs: DiscordRun[] = [];

async function prepare(options?: Parameters<typeof DiscordRun.prepare>[0]): Promise<DiscordRun> {
  const run = await DiscordRun.prepare(options);
  runs.unshift(run);
  return run;
}

const words = (content: string) => content.replace(/\n?-# .*$/s, "");

/** A process that had claimed a question, had shown so much of its reply, and let go of it. */
async function leave(
  run: DiscordRun,
  question: StoredMessage,
  shown: object,
  claimed: ClaimOptions = {},
): Promise<string> {
  const path = `/channels/${claimed.threadId ?? run.channel.id}/messages`;
  const { json } = await callApi(run.server, "POST", path, shown);
  const delivery = await claim(run, question, claimed);
  delivery.keep({ handle: json.id });
  await delivery.release();
  return json.id;
}

interface ClaimOptions {
  readonly kind?: NewEntry["kind"];
  readonly threadId?: string;
}

async function claim(
  { server, guild, channel, stores }: DiscordRun,
  question: StoredMessage,
  { kind = "message", ...where }: ClaimOptions = {},
): Promise<Delivery> {
  const writer = `discord:${server.world.bot.id}`;
  const messageId = question.json.id;
  const place = {
    platform: "discord",
    writer,
    workspaceId: guild.id,
    channelId: channel.id,
    isDirect: false,
    ...where,
  };
  const raw = JSON.stringify({ channelId: channel.id });
  const eventId = kind === "press" ? "again:r0" : `${writer}:${messageId}`;
  return (await stores.inbox.claim({ eventId, kind, place, messageId, replyId: "r1", raw }))!;
}

/** Without redis-server on the PATH there is nobody to hand over to. */
describe.skipIf(!hasRedisServer(process.env.PATH ?? ""))("a reply of a process that is gone", () => {
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.stop();
  });

  it("is finished by another in the same message where the process was stopped", async () => {
    const ending = await prepare();
    await ending.platform.start();
    ending.inference.script({ chunks: ["Half"], hold: createGate().opened });
    ending.ann.mention(ending.channel, "talk");
    await ending.sees("Half");
    await ending.platform.stop(1_000);
    expect(JSON.stringify(ending.server.botMessages(ending.channel)[0]?.json.components)).toContain("stop:");
    const next = await prepare({ joins: ending });
    next.inference.script({ chunks: ["Whole."] });
    await next.platform.start();
    expect((await next.ended()).json.content).toContain("Whole.");
    expect(next.server.botMessages(next.channel)).toHaveLength(1);
  });

  it("is gone on with in its messages", async () => {
    const run = await prepare();
    const question = run.ann.mention(run.channel, "talk");
    const id = await leave(run, question, { content: "Half wri" });
    run.inference.script({ chunks: ["Whole."] });
    await run.platform.start();
    const reply = await run.ended();
    expect(reply.json.id).toBe(id);
    expect(words(reply.json.content)).toBe("Whole.");
    expect(run.server.botMessages(run.channel)).toHaveLength(1);
  });

  it("is told of in a message of its own where a button began it, however new the reply above is", async () => {
    const run = await prepare();
    await run.platform.start();
    const question = run.ann.mention(run.channel, "talk");
    await run.ended();
    await (await claim(run, question, { kind: "press" })).release();
    await run.sees("Press the button again.");
    expect(run.server.botTexts(run.channel).map(words)).toEqual(["talk", expect.stringContaining("restarted")]);
  });

  it("keeps its words where a button began it, and what is said of that comes below", async () => {
    const run = await prepare();
    const question = run.ann.say(run.channel, "talk");
    const shown = { content: "Half wri", components: buttonRow("r1", ["stop"]) };
    await leave(run, question, shown, { kind: "press" });
    await run.platform.start();
    await run.sees("Press the button again.");
    expect(run.server.botTexts(run.channel)).toEqual(["Half wri", expect.stringMatching(/^⚠️ I was restarted/)]);
    expect(buttonLabels(run.server.botMessages(run.channel)[0]!)).toEqual([]);
  });

  it("stays as it is where it carries its end", async () => {
    const run = await prepare();
    const question = run.ann.mention(run.channel, "talk");
    const content = "Whole.\n-# fake · 0.04 s to first token · 61 tokens";
    await leave(run, question, { content });
    await run.platform.start();
    run.ann.mention(run.channel, "and?");
    await run.sees("and?");
    expect(run.server.botTexts(run.channel)[0]).toBe(content);
    expect(run.inference.requests).toHaveLength(1);
  });

  it("is taken away where its question is no more", async () => {
    const run = await prepare();
    const question = run.ann.mention(run.channel, "talk");
    await leave(run, question, { content: "Half wri" });
    run.ann.delete(question);
    await run.platform.start();
    await run.server.until(() => run.server.botMessages(run.channel).length === 0, "no reply");
    expect(run.inference.requests).toEqual([]);
  });

  it.each([
    ["its words, and can be stopped no more", "Half wri", ["Half wri"]],
    ["nothing where it only waited", "-# 3 ahead of you…", []],
  ])("leaves %s, where somebody stops it while nobody has it", async (_, content, left) => {
    const run = await prepare();
    const question = run.ann.mention(run.channel, "talk");
    await leave(run, question, { content, components: buttonRow("r1", ["stop"]) });
    const place = { platform: "discord", workspaceId: run.guild.id, channelId: run.channel.id, isDirect: false };
    const writer = `discord:${run.server.world.bot.id}`;
    await run.core.stopReply({ place: { ...place, writer }, author: { id: run.ann.id, name: "Ann" } });
    await run.platform.start();
    const isEnded = () => run.server.botMessages(run.channel).every((one) => buttonLabels(one).length === 0);
    await run.server.until(isEnded, "no Stop button");
    expect(run.server.botTexts(run.channel)).toEqual(left);
  });

  it("is gone on with in the thread that was opened for its question", async () => {
    const run = await prepare();
    const question = run.ann.mention(run.channel, "talk");
    const thread = run.ann.startThread(run.channel, "talk", question);
    await leave(run, question, { content: "Half wri" }, { threadId: thread.id });
    run.inference.script({ chunks: ["Whole."] });
    await run.platform.start();
    expect(words((await run.ended(thread)).json.content)).toBe("Whole.");
    expect(run.server.botMessages(thread)).toHaveLength(1);
    expect(run.server.botMessages(run.channel)).toEqual([]);
  });
});
