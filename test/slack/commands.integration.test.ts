import { OPEN_ACCESS } from "@cria/bot-core";
import { createGate, fakeModel } from "@cria/bot-core/testing";
import { ModelState } from "@cria/proto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Message, shownText, type View } from "../slack-server/world/world.ts";
import { repliesTo } from "./replies-to.ts";
import { type SlackBot, startSlackBot } from "./slack-bot.ts";

let bot: SlackBot;

beforeEach(async () => {
  bot = await startSlackBot();
});

afterEach(async () => {
  await bot.close();
});

/** What Ann alone reads in the channel, once so much was said. */
async function privately(most = 1): Promise<readonly string[]> {
  const said = () => bot.server.messages(bot.channel, undefined, bot.ann).filter(({ ephemeralTo }) => ephemeralTo);
  await bot.server.until(() => said().length >= most);
  return said().map(shownText);
}

/** The answers in a message's thread. */
async function answers(question: Message, most = 1): Promise<readonly Message[]> {
  await bot.server.until(() => bot.server.replies(question).length >= most);
  return bot.server.replies(question);
}

const slash = (text: string) => bot.server.interactions.command(bot.ann, bot.channel, text);
const ask = async (text: string) => {
  const question = bot.server.people.mention(bot.channel, bot.ann, text);
  await repliesTo(bot.server, question);
  return bot.model.requests.at(-1)!.model;
};
const view = async (): Promise<View> => {
  await bot.server.until(() => bot.server.world.views.size > 0);
  return [...bot.server.world.views.values()].at(-1)!;
};
/** Submits the picker, until it says what answers from now on. */
const choose = async (opened: View, model: string) => {
  const values = { model_choose: { model_choose: { selected_option: option(model) } } };
  await bot.server.interactions.submit(opened, values, bot.ann);
  const shown = () => JSON.stringify((bot.server.world.views.get(opened.id) ?? opened).content);
  await bot.server.until(() => shown().includes("answers here"));
};
const option = (name: string) => ({ text: { type: "plain_text", text: name }, value: name });

describe("/cria", () => {
  it("sets the model of the channel, for its threads too, and tells the person alone", async () => {
    await slash("model big");
    expect(await privately()).toEqual(["**big** answers here from now on."]);
    expect(bot.server.transcript(bot.channel)).toEqual([]);
    expect(await ask("hi")).toBe("big");
  });

  it("refuses an unknown model with what comes near, and changes nothing", async () => {
    await slash("model bigg");
    expect((await privately())[0]).toMatch(/There is no model "bigg".*big/);
    expect(await ask("hi")).toBe("small");
  });

  it("lists what it can do, and says what comes near a typing error", async () => {
    await slash("");
    const [help] = await privately();
    await slash("modle");
    const [, near] = await privately(2);
    expect(help).toContain("`/cria compare");
    expect(near).toContain("Did you mean `/cria model`?");
    await slash("stop");
    const [, , stop] = await privately(3);
    for (const answer of [help, stop]) expect(answer).toContain("The word `stop` in the thread of a reply stops it");
  });

  it("is answered within three seconds however long it takes", async () => {
    const gate = createGate();
    const { listModels } = bot.model;
    bot.model.listModels = async () => {
      await gate.opened;
      return await listModels.call(bot.model);
    };
    await slash("model big");
    expect(bot.server.world.violations).toEqual([]);
    gate.open();
    expect(await privately()).toHaveLength(1);
  });

  it("compares two models side by side in a thread", async () => {
    bot.model.script({ chunks: ["One."] }, { chunks: ["Two."] });
    await slash("compare small big What is a llama?");
    await bot.server.until(() => bot.server.messages(bot.channel).length === 1);
    const [root] = bot.server.messages(bot.channel);
    expect(shownText(root!)).toContain("*Ann* compares small and big");
    const shown = (await repliesTo(bot.server, root!, 2)).map(shownText);
    expect(shown.toSorted()).toEqual([expect.stringContaining("big"), expect.stringContaining("small")]);
  });

  it("stops both replies of a comparison whose question is deleted", async () => {
    const never = new Promise<void>(() => {});
    const isShown = (question: Message) => bot.server.replies(question).length === 2;
    bot.model.script({ chunks: ["One."], hold: never }, { chunks: ["Two."], hold: never });
    await slash("compare small big What is a llama?");
    await bot.server.until(() => bot.server.messages(bot.channel).length === 1);
    const [root] = bot.server.messages(bot.channel);
    await bot.server.until(() => isShown(root!));
    bot.server.people.remove(root!);
    await repliesTo(bot.server, root!, 2);
    bot.model.script({ chunks: ["One."], hold: never }, { chunks: ["Two."], hold: never });
    const question = bot.server.people.mention(bot.channel, bot.ann, "compare small big Why?");
    await bot.server.until(() => isShown(question));
    bot.server.people.remove(question);
    await repliesTo(bot.server, question, 2);
  });

  it("says so where Slack does not take the question", async () => {
    for (let tries = 0; tries < 3; tries++) bot.server.api.failNext("chat.postMessage", "internal_error");
    await slash("compare small big Why?");
    expect(await privately()).toEqual([expect.stringContaining("Slack did not take the question just now")]);
    expect(bot.model.requests).toEqual([]);
  });

  it("takes the question back where the models cannot be compared", async () => {
    await slash("compare small nothing Why?");
    expect(await privately()).toEqual([expect.stringContaining("nothing")]);
    await bot.server.until(() => bot.server.messages(bot.channel).length === 0);
    expect(bot.model.requests).toEqual([]);
  });

  it("says why the models cannot be compared, though Slack does not let the question be taken back", async () => {
    bot.server.api.failNext("chat.delete", "cant_delete_message");
    await slash("compare small nothing Why?");
    expect(await privately()).toEqual([expect.stringContaining("nothing")]);
  });

  it("asks to be invited where it cannot compare", async () => {
    const other = bot.server.people.addChannel("other", [bot.ann], { withBot: false });
    await bot.server.interactions.command(bot.ann, other, "compare small big Why?");
    await bot.server.until(() => bot.server.messages(other, undefined, bot.ann).length === 1);
    expect(bot.server.transcript(other, { seenBy: bot.ann })[0]).toContain("/invite @cria");
  });
});

describe("the model picker", () => {
  it("opens from /cria model, is filled as one types, and sets the channel's model", async () => {
    await slash("model");
    const opened = await view();
    const all = await bot.server.interactions.suggest(opened, "model_choose", "", bot.ann);
    expect(all?.map(({ value }) => value)).toEqual(["small", "big"]);
    const typed = await bot.server.interactions.suggest(opened, "model_choose", "bi", bot.ann);
    expect(typed?.map(({ value }) => value)).toEqual(["big"]);
    await choose(opened, "big");
    await bot.server.until(() => bot.server.messages(bot.channel).length > 0);
    expect(bot.server.transcript(bot.channel)).toEqual([
      "cria: Ann chose the model. **big** answers here from now on.",
    ]);
    expect(await ask("hi")).toBe("big");
  });

  it("offers a hundred models at most, with names that fit", async () => {
    bot.model.models = Array.from({ length: 120 }, (_, n) =>
      fakeModel({ name: `model-${n}-${"x".repeat(90)}`, isDefault: n === 0 }),
    );
    await slash("model");
    expect(await bot.server.interactions.suggest(await view(), "model_choose", "", bot.ann)).toHaveLength(100);
    expect(bot.server.world.violations).toEqual([]);
  });

  it.each(["", "a"])("shows a description up to a whole character (%j before them)", async (before) => {
    bot.model.models = [fakeModel({ description: before + "😀".repeat(60) })];
    await slash("model");
    const [offered] = (await bot.server.interactions.suggest(await view(), "model_choose", "", bot.ann)) ?? [];
    expect(offered?.description).toMatchObject({ text: expect.stringMatching(/😀…$/u) });
  });

  it("opens in a thread from the list of models, and sets the thread's model only", async () => {
    const question = bot.server.people.mention(bot.channel, bot.ann, "hi");
    await repliesTo(bot.server, question);
    bot.server.people.mention(bot.channel, bot.ann, "model", { threadTs: question.ts });
    const list = (await answers(question, 2)).at(-1)!;
    expect(shownText(list)).toContain("**small** (in use here");
    await bot.server.interactions.press(list, "model_open", bot.ann);
    const opened = await view();
    await choose(opened, "big");
    expect(await ask("elsewhere")).toBe("small");
    bot.server.people.say(bot.channel, bot.ann, "and here?", { threadTs: question.ts });
    // The list of models stands over a button too.
    await repliesTo(bot.server, question, 3);
    expect(bot.server.transcript(bot.channel, { threadTs: question.ts })).toContain(
      "cria: Ann chose the model. **big** answers here from now on.",
    );
    expect(bot.model.requests.at(-1)!.model).toBe("big");
  });

  it.each([[[]], [["model"]]] as const)(
    "answers with the default where the model that was chosen is gone, and says so; for admins alone: %s",
    async (adminCommands) => {
      const other = await startSlackBot({ core: { access: { ...OPEN_ACCESS, adminCommands } } });
      const admin = other.server.people.addUser("Ada", { isAdmin: true });
      await other.server.interactions.command(admin, other.channel, "model big");
      await other.server.until(() => other.server.messages(other.channel, undefined, admin).length === 1);
      other.model.models = other.model.models.filter(({ name }) => name !== "big");
      const [reply] = await repliesTo(other.server, other.server.people.mention(other.channel, other.ann, "hi"));
      expect(shownText(reply!)).toBe("hi\n\n*The model big is gone; small answers.*");
      expect(other.model.requests.at(-1)!.model).toBe("small");
      await other.close();
    },
  );

  it("says that a model has to be loaded first", async () => {
    bot.model.models = [
      ...bot.model.models,
      fakeModel({ name: "huge", isDefault: false, state: ModelState.AVAILABLE }),
    ];
    await slash("model huge");
    expect((await privately())[0]).toContain("It loads with the next message.");
  });
});

describe("the words of a command after a mention", () => {
  it("are a command, in the channel and in a thread", async () => {
    const [answer] = await answers(bot.server.people.mention(bot.channel, bot.ann, "model big"));
    expect(shownText(answer!)).toBe("**big** answers here from now on.");
    expect(await ask("hi")).toBe("big");
    const [mistaken] = await answers(bot.server.people.mention(bot.channel, bot.ann, "/modle big"));
    expect(shownText(mistaken!)).toContain("Did you mean `/cria model`?");
  });

  it.each([
    "reset my password, how do I do that?",
    "help me please",
    "system design of a cache, please",
    "context matters, why?",
    "compare apples and oranges",
    "compare small and large cars",
    "feedback please",
    "model trains",
  ])("are a question where they go on like one: %s", async (words) => {
    await repliesTo(bot.server, bot.server.people.mention(bot.channel, bot.ann, words));
    await repliesTo(bot.server, bot.server.people.dm(bot.ann, words));
    expect(bot.model.requests).toHaveLength(2);
  });

  it.each([
    ["context off 3", "Each message stands"],
    ["system: You are brief.", "The persona is set."],
    ["system default", "Back to the model's own persona."],
    ["status", "Memory:"],
  ])("are a command where they can be nothing else: %s", async (words, answer) => {
    const [said] = await answers(bot.server.people.mention(bot.channel, bot.ann, words));
    expect(shownText(said!)).toContain(answer);
    expect(bot.model.requests).toEqual([]);
  });
});
