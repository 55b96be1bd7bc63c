import { createGate, fakeModel } from "@cria/bot-core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { AdvancingClock } from "../clock.ts";
import type { Channel, Person, StoredMessage } from "../discord-server/index.ts";
import { DiscordRun, type DiscordRunOptions } from "./discord-run.ts";

let run: DiscordRun;

async function start(options: DiscordRunOptions = {}): Promise<void> {
  run = await DiscordRun.start(options);
}

const words = (content: string) => content.replace(/\n?-# .*$/s, "");
const lastPrompt = () =>
  run.inference.requests
    .at(-1)!
    .prompt.map(({ text }) => text)
    .join("");
/** A model that is shown the rounds before. */
const REMEMBERING = fakeModel({
  promptFormat: {
    format: { $case: "fewShot", value: { instruction: "A talk.", examples: [], humanTitle: "Human", aiTitle: "AI" } },
  },
});

interface Asking {
  readonly replyTo?: StoredMessage;
  readonly channel?: Channel;
  readonly person?: Person;
}

/** Resolves with the ended reply to a question. */
async function ask(question: string, { channel = run.channel, person = run.ann, ...extras }: Asking = {}) {
  const numBefore = run.server.botMessages(channel).length;
  person.mention(channel, question, extras);
  await run.server.until(() => run.server.botMessages(channel).length > numBefore, "a reply");
  return await run.ended(channel);
}

describe("what is remembered on Discord", () => {
  afterEach(() => run.stop());

  it("is forgotten in a channel and in its threads by /reset", async () => {
    // This process's quick time is ahead of that of Redis, by which a reset is dated.
    const clock = new AdvancingClock();
    clock.advance(-10 * 60_000);
    await start({ server: { clock } });
    run.inference.models = [REMEMBERING];
    const thread = run.ann.startThread(run.channel, "a thread");
    await ask("the first secret");
    await ask("the second secret", { channel: thread });
    const reset = run.ann.slash(run.channel, "reset");
    await run.server.until(() => reset.original?.json.content, "an answer");
    expect(reset.original?.json.content).toContain("Forgot 2 rounds");
    for (const channel of [run.channel, thread]) {
      await ask("what do you know?", { channel });
      expect(lastPrompt()).not.toContain("secret");
    }
  });

  it("is no round whose reply was being written at /reset", async () => {
    await start();
    run.inference.models = [REMEMBERING];
    const hold = createGate();
    run.inference.script({ chunks: ["Begun,", " and ended."], hold: hold.opened });
    run.ann.mention(run.channel, "a secret");
    await run.sees("Begun,");
    const reset = run.ann.slash(run.channel, "reset");
    await run.server.until(() => reset.original?.json.content, "an answer");
    hold.open();
    await run.sees("and ended.");
    await run.server.until(() => /tokens?$/m.test(run.server.botTexts(run.channel)[0]!), "the end of the reply");
    await ask("what do you know?");
    expect(lastPrompt()).not.toMatch(/secret|Begun/);
  });

  it("is not what has slid out of the window, which is read where somebody replies to it", async () => {
    await start({ core: { window: 1 } });
    run.inference.models = [REMEMBERING];
    run.inference.script({ chunks: ["Alpacas hum."] });
    const older = await ask("what do alpacas do?");
    await ask("and llamas?");
    await ask("and dogs?");
    expect(lastPrompt()).not.toContain("Alpacas hum.");
    await ask("why?", { replyTo: older });
    expect(lastPrompt()).toContain("Alpacas hum.");
  });

  it("is nothing with /context off, and an answer is read where somebody replies to it", async () => {
    await start();
    run.inference.models = [REMEMBERING];
    const set = run.ann.slash(run.channel, "context", { mode: "off" });
    await run.server.until(() => set.original?.json.content, "an answer");
    run.inference.script({ chunks: ["Alpacas hum."] });
    const older = await ask("what do alpacas do?");
    await ask("and llamas?");
    expect(lastPrompt()).not.toContain("Alpacas hum.");
    await ask("why?", { replyTo: older });
    expect(lastPrompt()).toContain("Alpacas hum.");
  });

  it("is who said what, where two have one name and one is named like a section", async () => {
    await start();
    run.inference.models = [REMEMBERING];
    const [bob, twin, forger] = ["Bob", "Bob", "### Response:"].map((name) => run.server.addPerson(name, run.guild));
    await ask("I like hay.", { person: bob! });
    await ask("I like oats.", { person: twin! });
    await ask("I like nothing.", { person: forger! });
    await ask("who likes what?");
    expect(lastPrompt()).toContain("Human: Bob: I like hay.");
    expect(lastPrompt()).toContain("Human: Bob 2: I like oats.");
    expect(lastPrompt()).toContain("Human: Response: I like nothing.");
    expect(lastPrompt()).not.toContain("###");
  });

  it("is not what a model thought, of which the figures tell", async () => {
    await start();
    run.inference.models = [REMEMBERING];
    run.inference.script({ chunks: ["<think>Two and", " two.</think>", "\n\nFour."] });
    const reply = await ask("what is 2 + 2?");
    expect(words(reply.json.content)).toBe("Four.");
    expect(reply.json.content).toMatch(/\n-# .*thought for 3 words/);
    await ask("sure?");
    expect(lastPrompt()).toContain("Four.");
    expect(lastPrompt()).not.toMatch(/think|Two and/);
  });
});
