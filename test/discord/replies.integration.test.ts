import { BotError } from "@cria/bot-core";
import { createGate, fakeModel } from "@cria/bot-core/testing";
import { FinishReason, ModelState } from "@cria/proto";
import { afterEach, describe, expect, it } from "vitest";
import { buttonLabels } from "../discord-server/index.ts";
import { DiscordRun } from "./discord-run.ts";

let run: DiscordRun;

const edits = () => run.server.requests.filter(({ method, path }) => method === "PATCH" && path.includes("/messages/"));
const refusals = () => run.server.requests.filter(({ status }) => status === 429);
/** A reply's text without its small print. */
const words = (content: string) => content.replace(/\n?-# .*$/s, "");
const NOBODY = { everyone: false, users: [], roles: [] };

describe("a reply on Discord", () => {
  afterEach(() => run.stop());

  it("answers a mention as a reply to it, and pings nobody, whatever the model writes", async () => {
    run = await DiscordRun.start();
    run.server.giveRole(run.guild, run.ann, "staff", "MentionEveryone");
    run.inference.script({ chunks: ["Hello ", "@everyone, @here and <@", run.ann.id, ">"] });
    const question = run.ann.mention(run.channel, "hello");
    const reply = await run.ended();
    expect(words(reply.json.content)).toBe(`Hello @everyone, @here and <@${run.ann.id}>`);
    expect(reply.json.message_reference?.message_id).toBe(question.json.id);
    expect(reply.pings).toEqual(NOBODY);
    expect(run.inference.requests[0]?.prompt.some(({ text }) => text.includes("<@"))).toBe(false);
  });

  it("shows typing until the first words", async () => {
    run = await DiscordRun.start();
    const gate = createGate();
    run.inference.script({ queue: gate.opened, chunks: ["Words."] });
    run.ann.dm("hello");
    await run.server.until(() => run.server.isTyping(run.ann.directChannel), "typing");
    expect(run.server.botTexts(run.ann.directChannel)).toEqual([]);
    gate.open();
    await run.ended(run.ann.directChannel);
    expect(run.server.isTyping(run.ann.directChannel)).toBe(false);
  });

  it("says what it waits for, with a Stop button, in the message that becomes the reply", async () => {
    run = await DiscordRun.start();
    const [first, second] = [createGate(), createGate()];
    run.inference.script({ hold: first.opened, chunks: ["One."] }, { hold: second.opened, chunks: ["Two."] });
    run.ann.mention(run.channel, "1");
    await run.sees("One.");
    run.ann.mention(run.channel, "2");
    await run.sees("1 ahead of you…");
    expect(buttonLabels(run.server.botMessages(run.channel)[1]!)).toEqual(["Stop"]);
    first.open();
    await run.sees("Two.");
    second.open();
    await run.ended();
    expect(run.server.botTexts(run.channel).map(words)).toEqual(["One.", "Two."]);
  });

  it("edits far less often than tokens come, and runs into no rate limit", async () => {
    run = await DiscordRun.start();
    const chunks = Array.from({ length: 200 }, (_, index) => `word${index} `);
    run.inference.script({ chunks });
    run.ann.mention(run.channel, "talk");
    const reply = await run.ended();
    expect(words(reply.json.content)).toBe(chunks.join("").trimEnd());
    expect(edits().length).toBeLessThan(40);
    expect(refusals()).toEqual([]);
  });

  it("answers everyone when more people ask at once than Discord takes requests in a second", async () => {
    run = await DiscordRun.start();
    const people = Array.from({ length: 60 }, (_, index) => run.server.addPerson(`person ${index}`, run.guild));
    for (const person of people) person.dm("hello");
    const replies = await Promise.all(people.map(({ directChannel }) => run.ended(directChannel)));
    expect(replies.map(({ json }) => words(json.content))).toEqual(people.map(() => "hello"));
  });

  it("splits what is longer than 2,000 characters between lines, fences kept whole", async () => {
    run = await DiscordRun.start();
    const code = Array.from({ length: 120 }, (_, index) => `const value${index} = ${index};`).join("\n");
    run.inference.script({ chunks: [`Look:\n\n\`\`\`js\n${code}\n\`\`\`\n\nThat is all.`] });
    run.ann.mention(run.channel, "code");
    await run.ended();
    const texts = run.server.botTexts(run.channel);
    expect(texts.length).toBeGreaterThan(1);
    for (const text of texts) {
      expect(text.length).toBeLessThanOrEqual(2_000);
      expect(text.split("```").length % 2).toBe(1);
    }
    const lines = texts.flatMap((text) => text.split("\n")).filter((line) => line.startsWith("const"));
    expect(lines.join("\n")).toBe(code);
  });

  it("cuts a long table with its head in each message and its columns in line", async () => {
    run = await DiscordRun.start();
    const rows = Array.from({ length: 120 }, (_, index) => `| animal number ${index} | ${index * 1_000} |`);
    run.inference.script({ chunks: [["| Animal | Legs |", "|---|---|", ...rows].join("\n")] });
    run.ann.mention(run.channel, "a table");
    await run.ended();
    const texts = run.server.botTexts(run.channel).map(words);
    expect(texts.length).toBeGreaterThan(1);
    for (const text of texts) {
      expect(text).toMatch(/^```\nAnimal +Legs\n-+ {2}-+\n/);
      const lines = text.trimEnd().split("\n").slice(3, -1);
      expect(new Set(lines.map((line) => line.search(/\d+$/))).size).toBe(1);
    }
    expect(texts.join("\n").match(/animal number \d+/g)).toHaveLength(rows.length);
  });

  it("cuts no bold words and no link in two", async () => {
    run = await DiscordRun.start();
    const bold = `**${"bold words ".repeat(20).trim()}**`;
    const link = "[a page](https://example.com/a/rather/long/way/to/a/page/that/is/there)";
    const text = Array.from({ length: 15 }, () => `${bold} and ${link}`).join(" ");
    run.inference.script({ chunks: [text] });
    run.ann.mention(run.channel, "links");
    await run.ended();
    const texts = run.server.botTexts(run.channel).map(words);
    expect(texts.length).toBeGreaterThan(1);
    for (const each of texts) {
      expect(each.split("**").length % 2).toBe(1);
      expect(each.split("[a page]").length).toBe(each.split(link).length);
    }
    expect(texts.join(" ").split(link)).toHaveLength(16);
  });

  it("closes a fence that the model never closes before its small print", async () => {
    run = await DiscordRun.start();
    run.inference.script({ chunks: ["```js\nlet open;"] });
    run.ann.mention(run.channel, "code");
    expect((await run.ended()).json.content).toMatch(/^```js\nlet open;\n```\n-# /);
  });

  it("puts what is too long for messages into a file", async () => {
    run = await DiscordRun.start();
    const text = Array.from({ length: 2_000 }, (_, index) => `word${index}`).join(" ");
    run.inference.script({ chunks: [text] });
    run.ann.mention(run.channel, "a book");
    const last = await run.ended();
    expect(run.server.botTexts(run.channel)).toHaveLength(5);
    expect(last.json.content).toContain("The whole reply is in the file below.");
    const [file] = last.json.attachments;
    expect(await (await fetch(file!.url)).text()).toBe(text);
  });

  it("keeps right-to-left text, emoji and stacked marks as they are", async () => {
    run = await DiscordRun.start();
    const text = "שלום 👩‍👩‍👧‍👦 Z̷̢̛a̵l̶g̷o̸ مرحبا";
    run.inference.script({ chunks: [text] });
    run.ann.mention(run.channel, text);
    expect(words((await run.ended()).json.content)).toBe(text);
  });

  it("stops by its button, and keeps what was written", async () => {
    run = await DiscordRun.start();
    run.inference.script({ chunks: ["Begun"], hold: createGate().opened });
    run.ann.mention(run.channel, "talk");
    await run.sees("Begun");
    const press = run.ann.press(run.server.botMessages(run.channel)[0]!, "Stop");
    const reply = await run.ended();
    expect(reply.json.content).toBe("Begun\n-# Stopped.");
    expect(press.answer?.type).toBe("update");
  });

  it("stops by a word, in a direct message and by a mention, which is no question", async () => {
    run = await DiscordRun.start();
    const begun = { chunks: ["Begun"], hold: createGate().opened };
    run.inference.script(begun, begun);
    run.ann.mention(run.channel, "talk");
    run.ann.dm("talk");
    await run.sees("Begun");
    await run.sees("Begun", run.ann.directChannel);
    run.ann.mention(run.channel, "Stop!");
    expect((await run.ended()).json.content).toBe("Begun\n-# Stopped.");
    run.ann.dm("stop");
    expect((await run.ended(run.ann.directChannel)).json.content).toBe("Begun\n-# Stopped.");
    expect(run.inference.requests).toHaveLength(2);
  });

  it("answers again by Regenerate, and goes on by Continue, each as a new reply to the question", async () => {
    run = await DiscordRun.start();
    run.inference.script(
      { chunks: ["First"], finishReason: FinishReason.MAX_TOKENS },
      { chunks: [" and more"] },
      { chunks: ["Second"] },
    );
    const question = run.ann.mention(run.channel, "talk");
    const first = await run.ended();
    expect(buttonLabels(first)).toEqual(["Regenerate", "Continue"]);
    run.ann.press(first, "Continue");
    await run.sees("and more");
    const continued = await run.ended();
    expect(continued.json.message_reference?.message_id).toBe(question.json.id);
    await run.server.until(() => buttonLabels(first).length === 0, "no buttons");
    run.ann.press(continued, "Regenerate");
    await run.sees("Second");
    await run.server.until(() => buttonLabels(continued).length === 0, "no buttons");
  });

  it("leaves the older reply with its buttons where Regenerate is stopped before the first word", async () => {
    run = await DiscordRun.start();
    run.inference.script({ chunks: ["First."] });
    run.ann.mention(run.channel, "talk");
    const first = await run.ended();
    run.inference.models = [fakeModel({ state: ModelState.AVAILABLE })];
    run.inference.loadSteps = [{ loadedBytes: 1, totalBytes: 2 }];
    run.inference.loadHold = createGate().opened;
    run.ann.press(first, "Regenerate");
    await run.sees("Loading fake");
    await run.server.until(() => buttonLabels(first).length === 0, "no buttons");
    run.ann.press(run.server.botMessages(run.channel)[1]!, "Stop");
    await run.server.until(() => buttonLabels(first).length > 0, "the buttons");
    expect(run.server.botTexts(run.channel).map(words)).toEqual(["First."]);
  });

  it("tells a failure in one line, and keeps what was written", async () => {
    run = await DiscordRun.start();
    run.inference.script({ chunks: ["Half a sen"], failure: new BotError("DEADLINE_EXCEEDED", "It cannot go on.") });
    run.ann.mention(run.channel, "talk");
    const reply = await run.ended();
    expect(reply.json.content).toBe("Half a sen\n-# ⚠️ It cannot go on.");
    expect(buttonLabels(reply)).toEqual(["Regenerate"]);
  });

  it("tells a failure before the first words, too", async () => {
    run = await DiscordRun.start();
    run.inference.script({ refusal: new BotError("PROMPT_TOO_LONG", "The message does not fit the model.") });
    run.ann.mention(run.channel, "talk");
    expect((await run.ended()).json.content).toBe(
      "⚠️ The message does not fit the model. Shorten it, or choose another with /model.",
    );
  });

  it("is sent once although Discord's answer is lost", async () => {
    run = await DiscordRun.start();
    run.server.fail("POST", /messages$/, 500, { isDone: true });
    run.inference.script({ chunks: ["Once."] });
    run.ann.mention(run.channel, "talk");
    await run.ended();
    expect(run.server.botTexts(run.channel).map(words)).toEqual(["Once."]);
    expect(
      run.server.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/messages")),
    ).toHaveLength(2);
  });

  it("outlives requests that Discord fails", async () => {
    run = await DiscordRun.start();
    run.server.fail("POST", /messages$/, 503, { times: 2 });
    run.server.fail("PATCH", /messages/, 502, { times: 2 });
    run.inference.script({ chunks: ["Whole."] });
    run.ann.mention(run.channel, "talk");
    expect(words((await run.ended()).json.content)).toBe("Whole.");
  });
});
