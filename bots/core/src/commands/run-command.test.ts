import { ModelState } from "@cria/proto";
import { beforeEach, describe, expect, it } from "vitest";
import { BotError } from "../port/bot-error.ts";
import type { Command } from "../port/command.ts";
import type { Place } from "../port/place.ts";
import { fakeModel } from "../testing/fake-model.ts";
import { createTestCore, testConversation, testPlace } from "../testing/test-core.ts";

const models = () => [
  fakeModel({ name: "big", description: "Answers well", isDefault: false, state: ModelState.AVAILABLE, base: "small" }),
  fakeModel({ name: "broken", isDefault: false, state: ModelState.BROKEN, error: "tokenizer.json is missing." }),
  fakeModel({ name: "small", description: "Answers fast", system: "You are small." }),
];
const turn = { author: "Ann", user: "Hi", assistant: "Hello", atMs: 0 };
const away = async () => {
  throw new BotError("MEMORY_UNAVAILABLE", "My memory (Redis) cannot be reached just now. Try again in a moment.");
};

describe("handleCommand", () => {
  let { client, stores, core } = createTestCore();
  let numEvents = 0;
  const run = (command: Command, place: Place = testPlace) =>
    core.handleCommand({ eventId: `${numEvents++}`, place, author: { id: "u1", name: "Ann" }, command });
  beforeEach(() => {
    ({ client, stores, core } = createTestCore(models()));
  });

  describe("model", () => {
    it("lists a model without a description by its name and state", async () => {
      ({ client, stores, core } = createTestCore([fakeModel({ name: "bare", description: "" })]));
      expect(await run({ type: "model" })).toContain("- **bare** (in use here, loaded)\n");
    });

    it("lists the models with state and description, the one in use marked", async () => {
      expect(await run({ type: "model" })).toBe(
        [
          "- **big** (loads on first use): Answers well",
          "- **broken** (broken): tokenizer.json is missing.",
          "- **small** (in use here, loaded): Answers fast",
          "",
          "`/model name` answers here with another one.",
        ].join("\n"),
      );
    });

    it("says so where there is no model", async () => {
      client.models = [];
      expect(await run({ type: "model" })).toMatch(/has no model/);
    });

    it("sets the model of this conversation, and of no other", async () => {
      expect(await run({ type: "model", name: "big" })).toBe(
        "**big** answers here from now on. It loads with the next message.",
      );
      expect(await run({ type: "model" })).toMatch(/\*\*big\*\* \(in use here/);
      expect(await run({ type: "model" }, { ...testPlace, channelId: "random" })).toMatch(
        /\*\*small\*\* \(in use here/,
      );
      expect(await run({ type: "model", name: "small" })).toBe("**small** answers here from now on.");
    });

    it("of a channel holds in its threads until they have their own", async () => {
      const thread = { ...testPlace, threadId: "17" };
      await run({ type: "model", name: "big" });
      expect(await run({ type: "model" }, thread)).toMatch(/\*\*big\*\* \(in use here/);
      await run({ type: "model", name: "small" }, thread);
      expect(await run({ type: "model" }, thread)).toMatch(/\*\*small\*\* \(in use here/);
      expect(await run({ type: "model", name: "default" }, thread)).toBe("Back to **big**.");
      expect(await run({ type: "model", name: "default" })).toBe("Back to **small**.");
    });

    it("takes a model that is called default by its name", async () => {
      client.models = [...models(), fakeModel({ name: "default", isDefault: false })];
      expect(await run({ type: "model", name: "default" })).toBe("**default** answers here from now on.");
    });

    it("refuses an unknown name with near matches before anything is stored", async () => {
      expect(await run({ type: "model", name: "smal" })).toBe(
        'There is no model "smal"; there is small. Choose another with /model.',
      );
      expect(await run({ type: "model", name: "x".repeat(500) })).toBe(
        `There is no model "${"x".repeat(64)}…"; there are big, small. Choose another with /model.`,
      );
      expect(await stores.settings.get(testConversation)).toEqual({});
    });

    it("refuses a broken model with its fault before anything is stored", async () => {
      expect(await run({ type: "model", name: "broken" })).toBe(
        "The model broken cannot be used: tokenizer.json is missing. Choose another with /model.",
      );
      expect(await stores.settings.get(testConversation)).toEqual({});
    });

    it("says that the service is away", async () => {
      client.setServing(false);
      expect(await run({ type: "model", name: "big" })).toMatch(/cannot be reached/);
    });
  });

  describe("reset", () => {
    it("forgets the rounds of this conversation and says how many", async () => {
      let generation = "";
      await stores.rounds.append(testConversation, turn, { window: 6, generation });
      expect(await run({ type: "reset" })).toBe("Forgot one round. Model and persona stay.");
      expect(await run({ type: "reset" })).toBe("There was nothing to forget.");
      ({ generation } = await stores.rounds.read(testConversation));
      await stores.rounds.append(testConversation, turn, { window: 6, generation });
      await stores.rounds.append(testConversation, turn, { window: 6, generation });
      expect(await run({ type: "reset" })).toBe("Forgot 2 rounds. Model and persona stay.");
    });
  });

  describe("system", () => {
    it("shows the model's own persona, or that there is none", async () => {
      expect(await run({ type: "system" })).toBe("small brings its own:\n\n> You are small.");
      await run({ type: "model", name: "big" });
      expect(await run({ type: "system" })).toBe("No persona is set. `/system You are …` sets one.");
    });

    it("sets, shows and takes back a persona", async () => {
      await run({ type: "system", text: "You are\na pirate." });
      expect(await run({ type: "system" })).toBe("The persona here:\n\n> You are\n> a pirate.");
      expect(await run({ type: "system", text: "Default" })).toBe("Back to the model's own persona.");
      expect(await stores.settings.get(testConversation)).toEqual({});
    });
  });

  describe("context", () => {
    it("tells how the conversation is remembered", async () => {
      expect(await run({ type: "context" })).toBe("The last 6 to 11 rounds go into a prompt, as turns (`turns`).");
    });

    it("sets mode and window, one or both", async () => {
      expect(await run({ type: "context", window: 2 })).toMatch(/^The last 2 to 3 rounds .* as turns/);
      expect(await run({ type: "context", mode: "merged" })).toMatch(/^The last 2 to 3 rounds .* in one instruction/);
      expect(await run({ type: "context", mode: "off", window: 4 })).toBe("Each message stands for itself (`off`).");
      expect(await stores.settings.get(testConversation)).toEqual({ contextMode: "off", window: 4 });
    });
  });

  describe("a scope", () => {
    const thread = { ...testPlace, threadId: "17" };
    const asAdmin = (command: Command, place: Place = testPlace) =>
      core.handleCommand({
        eventId: `${numEvents++}`,
        place,
        author: { id: "u1", name: "Ann", isAdmin: true },
        command,
      });

    it("sets the channel's model from a thread", async () => {
      expect(await run({ type: "model", name: "big", scope: "channel" }, thread)).toBe(
        "**big** answers in this channel from now on. It loads with the next message.",
      );
      expect(await stores.settings.get(testConversation)).toEqual({ model: "big" });
      expect(await stores.settings.get(`${testConversation}:17`)).toEqual({});
    });

    it("sets what holds in the whole workspace, for admins", async () => {
      expect(await run({ type: "context", window: 3, scope: "workspace" })).toMatch(/^Only admins/);
      expect(await asAdmin({ type: "context", window: 3, scope: "workspace" })).toMatch(/^The last 3 to 5 rounds/);
      expect(await asAdmin({ type: "system", text: "Be brief.", scope: "workspace" })).toBe(
        "The persona is set in this workspace. `/system default` takes it back.",
      );
      expect(await stores.settings.get("web:local")).toEqual({ window: 3, system: "Be brief." });
      expect(await run({ type: "system" }, thread)).toBe("The persona here:\n\n> Be brief.");
    });
  });

  it("says things as people of the platform do", async () => {
    const words = { workspace: "server", commandPrefix: "/cria ", howToStop: "The word `stop` stops it.", settings: [] };
    ({ client, stores, core } = createTestCore(models(), { words }));
    expect(await run({ type: "help" })).toMatch(
      /^- `\/cria model \[name\]`: .*\n(.*\n)*\nThe word `stop` stops it\.$/m,
    );
    expect(await run({ type: "model" })).toMatch(/`\/cria model name` answers/);
    expect(await run({ type: "model", name: "bg" })).toMatch(/Choose another with \/cria model\.$/);
    expect(await run({ type: "system", text: "Say /help." })).toMatch(/`\/cria system default` takes it back/);
    expect(await run({ type: "system" })).toBe("The persona here:\n\n> Say /help.");
    expect(await run({ type: "model", name: "big", scope: "workspace" })).toMatch(/settings of a server\.$/);
  });

  describe("feedback", () => {
    const admin = { id: "u1", name: "Ann", isAdmin: true };
    const runAs = (author: typeof admin, command: Command) =>
      core.handleCommand({ eventId: `${numEvents++}`, place: testPlace, author, command });

    it("is switched by admins, for the workspace", async () => {
      ({ client, stores, core } = createTestCore(models(), { feedback: { rate: async () => undefined } }));
      expect(await run({ type: "feedback" })).toMatch(/^Feedback is off/);
      expect(await run({ type: "feedback", isOn: true })).toMatch(/^Only admins/);
      expect(await runAs(admin, { type: "feedback", isOn: true })).toMatch(/^Feedback is on/);
      expect(await stores.settings.get("web:local")).toEqual({ feedback: true });
      expect(await run({ type: "feedback" })).toMatch(/^Feedback is on/);
      expect(await runAs(admin, { type: "feedback", isOn: false })).toMatch(/^Feedback is off/);
    });

    it("cannot be switched on where ratings cannot be kept", async () => {
      expect(await runAs(admin, { type: "feedback", isOn: true })).toMatch(/cannot be kept/);
      expect(await stores.settings.get("web:local")).toEqual({});
    });
  });

  describe("status", () => {
    it("tells model, service and memory", async () => {
      await stores.rounds.append(testConversation, turn, { window: 6, generation: "" });
      expect(await run({ type: "status" })).toBe(
        [
          "- Model: **small**, loaded on cpu, context of 2048 tokens",
          "- Service: serving, nothing waits",
          "- Memory: 1 of up to 11 rounds (window 6, context turns), kept in memory",
          "- Persona: the model's own",
        ].join("\n"),
      );
    });

    it("tells what was set here, and the queue", async () => {
      await run({ type: "model", name: "big" });
      await run({ type: "system", text: "You are big." });
      client.ahead = 1;
      expect(await run({ type: "status" })).toMatch(/big\*\*, loads on first use.*\n.*1 request ahead of a new one/);
      client.ahead = 2;
      expect(await run({ type: "status" })).toMatch(/2 requests ahead of a new one\n- Memory: .*\n- Persona: set here/);
    });

    it("tells that the model is being loaded", async () => {
      client.models = [fakeModel({ state: ModelState.LOADING })];
      expect(await run({ type: "status" })).toMatch(/Model: \*\*fake\*\*, loading, context/);
    });

    it("tells what cannot be reached and the rest", async () => {
      client.setServing(false);
      expect(await run({ type: "status" })).toMatch(/Service: The model service cannot be reached.*\n- Memory: 0 of/);
      client.setServing(true);
      stores.settings.get = away;
      expect(await run({ type: "status" })).toBe(
        [
          "- Model: not known while my memory is away",
          "- Service: serving",
          "- Memory: My memory (Redis) cannot be reached just now. Try again in a moment.",
        ].join("\n"),
      );
    });
  });

  it("help lists every command with its arguments", async () => {
    const help = await run({ type: "help" });
    for (const usage of ["/model [name]", "/system [persona]", "/context [", "/reset", "/status", "/help"])
      expect(help).toContain(`\`${usage}`);
    expect(help).toContain("The Stop button of a reply stops it.");
  });

  it("a failure that nobody foresaw shows none of its text", async () => {
    stores.rounds.reset = async () => {
      throw new TypeError("x is not a function");
    };
    expect(await run({ type: "reset" })).toBe("Something went wrong on my side; the log says what. Try again.");
    stores.rounds.count = stores.rounds.reset;
    expect(await run({ type: "status" })).toBe("Something went wrong on my side; the log says what. Try again.");
  });
});
