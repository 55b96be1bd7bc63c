import { createGate } from "@cria/bot-core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { escapedBytes } from "../slack-server/world/limits.ts";
import { type Message, shownText } from "../slack-server/world/world.ts";
import { repliesTo, smallPrint } from "./replies-to.ts";
import { CHAT_MODEL, type SlackBot, startSlackBot } from "./slack-bot.ts";

let bot: SlackBot;

beforeEach(async () => {
  bot = await startSlackBot();
});

afterEach(async () => {
  await bot.close();
});

const replies = async (question: Message, most = 1) => (await repliesTo(bot.server, question, most)).map(shownText);
const isEnded = (shown: readonly Message[]) => shown.at(-1)!.blocks.some(({ type }) => type === "actions");
const paragraphs = (count: number, words: string) =>
  Array.from({ length: count }, (_, n) => `${n} ${words}`).join("\n\n");

describe("a long reply on Slack", () => {
  it("is split where it is too long, and no message is over Slack's limits", async () => {
    const text = paragraphs(30, "llama & <alpaca> ".repeat(40));
    bot.model.script({ chunks: text.match(/[\s\S]{1,2000}/g)! });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    const shown = await replies(question);
    expect(shown).toHaveLength(3);
    expect(shown.join("\n\n").replace(/\s+/g, " ")).toBe(text.trim().replace(/\s+/g, " "));
    for (const message of shown) expect(escapedBytes(message)).toBeLessThanOrEqual(12_000);
    expect(bot.refusals()).toEqual([]);
  });

  describe("that is very long", () => {
    const text = paragraphs(36, "llama & <alpaca> ".repeat(40)).trim();
    const ask = () => {
      bot.model.script({ chunks: text.match(/[\s\S]{1,2000}/g)! });
      return bot.server.people.mention(bot.channel, bot.ann, "hi");
    };

    it("comes as three messages and a file that holds all of it", async () => {
      const question = ask();
      await repliesTo(bot.server, question);
      await bot.server.until(() => bot.server.replies(question).length === 4);
      const [first, , third, shared] = bot.server.replies(question);
      expect(text.startsWith(shownText(first!))).toBe(true);
      expect(smallPrint(third)).toContain("The whole reply is in the file below · small");
      expect(shared!.files.map(({ name, content }) => [name, String(content)])).toEqual([["reply.md", text]]);
      expect(bot.refusals()).toEqual([]);
    });

    it("is forgotten with its file", async () => {
      const question = ask();
      await repliesTo(bot.server, question);
      await replies(bot.server.people.dm(bot.ann, "still there?"));
      bot.server.people.remove(bot.server.replies(question)[3]!);
      await bot.server.until(() => bot.server.deliveries.sent.every(({ isAcknowledged }) => isAcknowledged));
      bot.model.models = [CHAT_MODEL];
      bot.server.people.mention(bot.channel, bot.ann, "and now?", { threadTs: question.ts });
      await bot.server.until(() => bot.prompts().at(-1)?.includes("and now?") === true);
      expect(bot.prompts().at(-1)?.includes("llama")).toBe(false);
    });

    it("says while it is written that a file follows", async () => {
      const gate = createGate();
      bot.model.script({ chunks: text.match(/[\s\S]{1,2000}/g)!, hold: gate.opened });
      const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
      const third = () => bot.server.replies(question)[2];
      await bot.server.until(() => smallPrint(third())?.includes("the whole reply comes as a file") === true);
      gate.open();
      await bot.server.until(() => bot.server.replies(question).length === 4);
    });

    it("has not ended before its file is there", async () => {
      const gate = createGate();
      bot.server.api.delayNext("files.completeUploadExternal", gate.opened);
      const question = ask();
      await bot.server.until(() => bot.server.calls("files.getUploadURLExternal").length === 1);
      const third = bot.server.replies(question)[2]!;
      expect(smallPrint(third)).toContain("the whole reply comes as a file");
      expect(isEnded([third])).toBe(false);
      gate.open();
      await repliesTo(bot.server, question);
      expect(bot.server.replies(question)).toHaveLength(4);
    });

    it.each(["before", "within"] as const)(
      "has one file where Slack's answer to it is cut %s its first byte",
      async (cut) => {
        bot.server.api.loseNext("files.completeUploadExternal", cut);
        const question = ask();
        await repliesTo(bot.server, question);
        const shown = bot.server.replies(question);
        expect(shown.map(({ files }) => files.length)).toEqual([0, 0, 0, 1]);
        expect(smallPrint(shown[2])).toContain("The whole reply is in the file below");
      },
    );

    it("comes as messages where Slack does not take the file", async () => {
      bot.server.api.failNext("files.completeUploadExternal", "internal_error");
      const question = ask();
      await bot.server.until(() => bot.server.replies(question).length > 3 && isEnded(bot.server.replies(question)));
      const shown = bot.server.replies(question);
      expect(shown.map(shownText).join("\n\n").replace(/\s+/g, " ")).toBe(text.replace(/\s+/g, " "));
      expect(shown.map(({ blocks }) => blocks.length)).toEqual([...shown.slice(1).map(() => 1), 3]);
    });

    it("comes as messages where the app may not share files", async () => {
      const token = bot.server.api.tokens.get(bot.server.botToken)!;
      token.scopes = token.scopes.filter((scope) => scope !== "files:write");
      const question = ask();
      await bot.server.until(() => bot.server.replies(question).length > 3 && isEnded(bot.server.replies(question)));
      expect(shownText(bot.server.replies(question).at(-1)!)).toContain("35 llama");
    });
  });

  it("closes a fence before a split and opens it again after", async () => {
    const text = `\`\`\`js\n${"let llama = 1;\n".repeat(1_500)}\`\`\`\nThe end.`;
    bot.model.script({ chunks: text.match(/[\s\S]{1,3000}/g)! });
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    const shown = await replies(question);
    expect(shown.length).toBeGreaterThan(1);
    for (const message of shown) expect(message.match(/^```/gm)!.length % 2).toBe(0);
    expect(shown.join("\n").match(/let llama = 1;/g)).toHaveLength(1_500);
    expect(bot.refusals()).toEqual([]);
  });

  it("keeps a fence that is never closed from what stands under it, and closes it at a split", async () => {
    bot.model.script({ chunks: [`\`\`\`js\n${"let llama = 1;\n".repeat(1_500)}`] });
    const shown = await replies(bot.server.people.dm(bot.ann, "hi"));
    expect(shown.length).toBeGreaterThan(1);
    for (const message of shown) expect(message.match(/^```/gm)).toHaveLength(2);
  });

  it("is cut before bold words or a link that would be in two messages", async () => {
    const bold = `**${"bold ".repeat(80).trim()}**`;
    const link = `[${"link ".repeat(80).trim()}](https://llama.example)`;
    for (const whole of [bold, link]) {
      const text = `${"llama ".repeat(1_800)}${whole} and so on.`;
      bot.model.script({ chunks: text.match(/[\s\S]{1,2000}/g)! });
      const shown = await replies(bot.server.people.mention(bot.channel, bot.ann, "hi"));
      expect(shown).toHaveLength(2);
      expect(shown[1]).toBe(`${whole} and so on.`);
    }
  });
});
