import { createMemoryStores } from "@cria/bot-core";
import { fakeModel } from "@cria/bot-core/testing";
import { type APIMessage, ChannelType, ComponentType, PermissionFlagsBits } from "discord-api-types/v10";
import { afterEach, describe, expect, it } from "vitest";
import { AdvancingClock } from "../clock.ts";
import { DiscordRun } from "./discord-run.ts";

let run: DiscordRun;

const lastPrompt = () =>
  run.inference.requests
    .at(-1)!
    .prompt.map(({ text }) => text)
    .join("");
const file = (name: string, text: string, contentType = "text/plain") => ({
  name,
  contentType,
  bytes: Buffer.from(text),
});
/** A model that is shown the rounds before. */
const REMEMBERING = fakeModel({
  promptFormat: {
    format: { $case: "fewShot", value: { instruction: "A talk.", examples: [], humanTitle: "Human", aiTitle: "AI" } },
  },
});
/** Resolves with what the model is shown for a message. */
async function prompted(ask: () => unknown, channel = run.channel): Promise<string> {
  const before = run.inference.requests.length;
  ask();
  await run.server.until(() => run.inference.requests.length > before, "a question to the model");
  await run.ended(channel);
  expect(run.inference.requests).toHaveLength(before + 1);
  return lastPrompt();
}
const lookups = (pattern: RegExp) =>
  run.server.requests.filter(({ method, path }) => method === "GET" && pattern.test(path));
const ALERT = {
  embeds: [
    {
      author: { name: "Alertmanager" },
      title: "KubeJobFailed",
      description: "batch-123 failed",
      fields: [{ name: "severity", value: "critical" }],
      footer: { text: "prod" },
    },
  ],
} as unknown as Partial<APIMessage>;
const POLL = {
  poll: {
    question: { text: "Where shall we eat?" },
    answers: [
      { answer_id: 1, poll_media: { text: "Pizza", emoji: { id: null, name: "🍕" } } },
      { answer_id: 2, poll_media: { text: "Sushi" } },
    ],
    expiry: null,
    allow_multiselect: false,
    layout_type: 1,
  },
} as unknown as Partial<APIMessage>;

describe("what the model is shown on Discord", () => {
  afterEach(() => run.stop());

  it("is who said what in a channel, and nobody's name in a direct message", async () => {
    run = await DiscordRun.start();
    run.inference.models = [REMEMBERING];
    const bob = run.server.addPerson("Bob", run.guild);
    run.ann.mention(run.channel, "I like tea.");
    await run.ended();
    expect(await prompted(() => bob.mention(run.channel, "And I coffee."))).toMatch(
      /Ann: I like tea\.[\s\S]*Bob: And I/,
    );
    expect(await prompted(() => run.ann.dm("hello"), run.ann.directChannel)).not.toContain("Ann");
  });

  it("is a text file of the message that its thread was opened from, once", async () => {
    run = await DiscordRun.start();
    const starter = run.ann.say(run.channel, "Read this.", { files: [file("notes.txt", "Llamas carry loads.")] });
    const thread = run.ann.startThread(run.channel, "loads", starter);
    expect(await prompted(() => run.ann.mention(thread, "who carries?"), thread)).toContain("Llamas carry loads.");
    expect(await prompted(() => run.ann.mention(thread, "and how much?"), thread)).not.toContain("Llamas carry loads.");
  });

  it("is no file again of the message that its thread was opened from, after a reset", async () => {
    // In this process, as the store's time is then that of the messages.
    run = await DiscordRun.start({ core: { stores: createMemoryStores({ roundsTtlMs: 3_600_000 }) } });
    const starter = run.ann.say(run.channel, "Read this.", { files: [file("notes.txt", "Llamas carry loads.")] });
    const thread = run.ann.startThread(run.channel, "loads", starter);
    await prompted(() => run.ann.mention(thread, "who carries?"), thread);
    run.ann.mention(thread, "/reset");
    await run.sees("Forgot", thread);
    expect(await prompted(() => run.ann.mention(thread, "who?"), thread)).not.toMatch(/Llamas|Read this/);
  });

  it("is all but the picture that its thread was opened from, which the answer says", async () => {
    run = await DiscordRun.start();
    const starter = run.ann.say(run.channel, "", { files: [file("alpaca.png", "\u0089PNG", "image/png")] });
    const thread = run.ann.startThread(run.channel, "my alpaca", starter);
    await prompted(() => run.ann.mention(thread, "what breed is it?"), thread);
    expect((await run.ended(thread)).json.content).toContain("alpaca.png");
  });

  it("is a forwarded message with its files and embeds, also one that was forwarded before", async () => {
    run = await DiscordRun.start();
    const elsewhere = run.server.createChannel(run.guild, "elsewhere");
    const note = run.ann.say(elsewhere, "Read this.", { files: [file("notes.txt", "Llamas carry loads.")] });
    const alert = run.ann.say(elsewhere, "", { fields: ALERT });
    const direct = run.ann.directChannel;
    const shown = await prompted(() => run.ann.forward(note, direct), direct);
    expect(shown).toContain("Read this.");
    expect(shown).toContain("Llamas carry loads.");
    expect(await prompted(() => run.ann.forward(alert, direct), direct)).toContain("batch-123 failed");
    const bob = run.server.addPerson("Bob", run.guild);
    const forwarded = bob.forward(note, elsewhere);
    expect(await prompted(() => run.ann.forward(forwarded, direct), direct)).toContain("Read this.");
  });

  it.each([
    ["embed", ALERT, ["Alertmanager", "KubeJobFailed", "batch-123 failed", "severity: critical", "prod"]],
    ["poll", POLL, ["Where shall we eat?", "- 🍕 Pizza", "- Sushi"]],
    ["sticker", { sticker_items: [{ id: "1", name: "Wave", format_type: 1 }] }, ["(sticker: Wave)"]],
    [
      "text component",
      {
        flags: 1 << 15,
        components: [
          {
            type: ComponentType.Container,
            components: [{ type: ComponentType.TextDisplay, content: "Deployed 1.2.3" }],
          },
        ],
      },
      ["Deployed 1.2.3"],
    ],
  ] as const)("is the text of an %s that is replied to", async (_, fields, texts) => {
    run = await DiscordRun.start();
    const app = run.server.addPerson("Alerts", run.guild);
    const shown = app.say(run.channel, "", { fields: fields as unknown as Partial<APIMessage> });
    const prompt = await prompted(() => run.ann.mention(run.channel, "what is it?", { replyTo: shown }));
    for (const text of texts) expect(prompt).toContain(text);
  });

  it("is a message of the same channel by its link, and of no other", async () => {
    run = await DiscordRun.start();
    const elsewhere = run.server.createChannel(run.guild, "secrets");
    const link = ({ json }: { json: APIMessage }) =>
      `https://discord.com/channels/${run.guild.id}/${json.channel_id}/${json.id}`;
    const linked = run.ann.say(run.channel, "Alpacas hum.");
    const secret = run.ann.say(elsewhere, "A secret.");
    const prompt = await prompted(() => run.ann.mention(run.channel, `why? ${link(linked)} ${link(secret)}`));
    expect(prompt).toContain("Alpacas hum.");
    expect(prompt).not.toContain("A secret.");
  });

  it("ends where links go in a circle, and after a few of many", async () => {
    run = await DiscordRun.start();
    const link = (id: string) => `https://discord.com/channels/${run.guild.id}/${run.channel.id}/${id}`;
    const first = run.ann.say(run.channel, "first");
    const second = run.ann.say(run.channel, `second ${link(first.json.id)}`);
    run.ann.edit(first, `first ${link(second.json.id)}`);
    expect(await prompted(() => run.ann.mention(run.channel, `see ${link(first.json.id)}`))).toMatch(
      /first[\s\S]*second/,
    );
    const many = Array.from({ length: 20 }, (_, index) => link(`${index + 1}`)).join(" ");
    const before = lookups(/\/messages\/\d+$/).length;
    await prompted(() => run.ann.mention(run.channel, `see ${many}`));
    expect(lookups(/\/messages\/\d+$/).length - before).toBeLessThanOrEqual(4);
  });

  it("is names, emoji and times as people see them", async () => {
    run = await DiscordRun.start();
    const roleId = run.server.giveRole(run.guild, run.ann, "staff");
    const releases = run.server.createChannel(run.guild, "releases");
    const hidden = run.server.createChannel(run.guild, "hidden");
    hidden.overwrites.set(run.ann.id, { allow: 0n, deny: PermissionFlagsBits.ViewChannel });
    run.server.denyBot(hidden);
    const text = `<@&${roleId}> in <#${releases.id}>, <#${hidden.id}>: <:wave:12> <a:party:34> <t:1600000000:D> </model:56> \`<#${releases.id}>\``;
    const prompt = await prompted(() => run.ann.mention(run.channel, text));
    expect(prompt).toContain(
      `@staff in #releases, <#${hidden.id}>: :wave: :party: 2020-09-13 /model \`<#${releases.id}>\``,
    );
  });

  it("is what was said in a thread before the bot is called into it", async () => {
    const clock = new AdvancingClock();
    run = await DiscordRun.start({ server: { clock } });
    const bob = run.server.addPerson("Bob", run.guild);
    const starter = bob.say(run.channel, "The build is red.");
    const thread = run.ann.startThread(run.channel, "build", starter);
    for (let number = 0; number < 10; number++) (number % 2 ? bob : run.ann).say(thread, `thought ${number}`);
    clock.advance(1_000);
    const prompt = await prompted(() => run.ann.mention(thread, "what do you think?"), thread);
    expect(prompt).toMatch(/Bob: The build is red\.\nAnn: thought 0\nBob: thought 1[\s\S]*thought 9/);
    expect(await prompted(() => run.ann.mention(thread, "and now?"), thread)).not.toMatch(/thought 9[\s\S]*thought 9/);
  });

  it("is no command to the bot, nor the word that stops it, of a thread", async () => {
    const clock = new AdvancingClock();
    run = await DiscordRun.prepare({ server: { clock } });
    const thread = run.ann.startThread(run.channel, "where");
    const named = (text: string) => `<@${run.server.world.bot.id}> ${text}`;
    for (const text of ["Where?", named("/model other"), named("stop"), "Stop it, it is here."])
      run.ann.say(thread, text);
    clock.advance(600_000);
    await run.platform.start();
    const prompt = await prompted(() => run.ann.mention(thread, "sum up"), thread);
    expect(prompt).toBe("Earlier in this thread:\nAnn: Where?\nAnn: Stop it, it is here.\n\nAnn: sum up");
  });

  it("is the newest of a thread of 2,000 messages, in as many requests", async () => {
    const clock = new AdvancingClock();
    run = await DiscordRun.start({ server: { clock } });
    const thread = run.ann.startThread(run.channel, "long", run.ann.say(run.channel, "It began here."));
    for (let number = 0; number < 2_000; number++) run.ann.say(thread, `thought ${number}`);
    clock.advance(1_000);
    const before = lookups(/./).length;
    const prompt = await prompted(() => run.ann.mention(thread, "sum up"), thread);
    expect(prompt).toContain("It began here.");
    expect(prompt).toContain("thought 1999");
    expect(prompt).not.toContain("thought 1500");
    expect(lookups(/./).length - before).toBeLessThanOrEqual(2);
  });

  it("is the bot's own answer where a thread is opened from it", async () => {
    run = await DiscordRun.start();
    run.inference.script({ chunks: ["Alpacas hum when they are curious."] });
    run.ann.mention(run.channel, "tell me something");
    const answer = await run.ended();
    const thread = run.ann.startThread(run.channel, "more", answer);
    const prompt = await prompted(() => run.ann.mention(thread, "why?"), thread);
    expect(prompt).toContain("Alpacas hum when they are curious.");
    expect(prompt).not.toMatch(/tokens?$/m);
  });

  it("is an older answer of the bot that is replied to once memory has it no more", async () => {
    run = await DiscordRun.start({ core: { window: 1 } });
    run.inference.models = [REMEMBERING];
    run.inference.script({ chunks: ["Alpacas hum."] });
    run.ann.mention(run.channel, "tell me something");
    const answer = await run.ended();
    const count = (prompt: string) => prompt.split("Alpacas hum.").length - 1;
    expect(count(await prompted(() => run.ann.mention(run.channel, "why?", { replyTo: answer })))).toBe(1);
    run.ann.mention(run.channel, "/reset");
    await run.sees("Forgot");
    expect(count(await prompted(() => run.ann.mention(run.channel, "why then?", { replyTo: answer })))).toBe(1);
  });

  it("is the words beside a picture, which is named as left out", async () => {
    run = await DiscordRun.start();
    const picture = file("alpaca.png", "\u0089PNG", "image/png");
    const prompt = await prompted(() => run.ann.mention(run.channel, "what breed is it?", { files: [picture] }));
    expect(prompt).toContain("what breed is it?");
    expect((await run.ended()).json.content).toContain("I left `alpaca.png` out");
    const shown = run.ann.say(run.channel, "My alpaca.", { files: [picture] });
    expect(await prompted(() => run.ann.mention(run.channel, "and this?", { replyTo: shown }))).toContain("My alpaca.");
    run.ann.mention(run.channel, "", { files: [picture] });
    await run.sees("I can only read text files, and alpaca.png is none");
  });

  it("is a question where a path stands at the beginning", async () => {
    run = await DiscordRun.start();
    expect(await prompted(() => run.ann.mention(run.channel, "/etc/hosts looks wrong, why?"))).toContain("/etc/hosts");
    expect(await prompted(() => run.ann.mention(run.channel, "/tmp is full, why?"))).toContain("/tmp is full");
  });

  it("is read although what is replied to was cached as the original of a forward, which has no author", async () => {
    run = await DiscordRun.start();
    const quiet = run.ann.say(run.channel, "Alpacas hum.");
    run.ann.forward(quiet, run.channel);
    expect(await prompted(() => run.ann.mention(run.channel, "why?", { replyTo: quiet }))).toContain("Alpacas hum.");
  });

  it("names the channel and the server where a persona asks for them", async () => {
    run = await DiscordRun.start();
    run.ann.mention(run.channel, "/system You help {user} in {channel} of {workspace}.");
    await run.sees("The persona is set");
    expect(await prompted(() => run.ann.mention(run.channel, "hello"))).toContain(
      "You help Ann in general of The Herd.",
    );
  });

  it("reads the first message of a thread in a forum once", async () => {
    const clock = new AdvancingClock();
    run = await DiscordRun.start({ server: { clock } });
    const thread = run.ann.startThread(run.channel, "no starter");
    expect(thread.type).toBe(ChannelType.PublicThread);
    run.ann.say(thread, "first words");
    clock.advance(1_000);
    expect(await prompted(() => run.ann.mention(thread, "well?"), thread)).toContain("first words");
  });
});
