import { ModelState } from "@cria/proto";
import { beforeEach, describe, expect, it } from "vitest";
import { BotError } from "../port/bot-error.ts";
import type { Command } from "../port/command.ts";
import type { Place } from "../port/place.ts";
import { fakeModel } from "../testing/fake-model.ts";
import { FakeReplyHandle } from "../testing/fake-reply.ts";
import { createGate } from "../testing/gate.ts";
import { createTestCore, lastPrompt, roundsOf, testConversation, testPlace } from "../testing/test-core.ts";

const models = () => [
  fakeModel({ name: "big", description: "Answers well", isDefault: false, state: ModelState.AVAILABLE, base: "small" }),
  fakeModel({ name: "broken", isDefault: false, state: ModelState.BROKEN, error: "tokenizer.json is missing." }),
  fakeModel({ name: "small", description: "Answers fast", system: "You are small." }),
];
const round = { author: "Ann", user: "Hi", assistant: "Hello", atMs: 0 };
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

  describe("reset", () => {
    it("of a channel forgets its threads too, of a thread nothing else", async () => {
      const { send, core } = createTestCore();
      const [channel, thread, other] = [testPlace, { ...testPlace, threadId: "1" }, { ...testPlace, threadId: "2" }];
      const reset = (place: Place) =>
        core.handleCommand({
          eventId: `${numEvents++}`,
          place,
          author: { id: "u1", name: "Ann" },
          command: { type: "reset" },
        });
      for (const place of [channel, thread, thread, other]) await send("Hi", { place });
      expect(await reset(thread)).toMatch(/^Forgot 2 rounds/);
      expect(await reset(channel)).toMatch(/^Forgot 2 rounds/);
      expect(await reset(other)).toMatch(/nothing to forget/);
    });

    it("keeps what was said in a thread before it from being shown again", async () => {
      const { client, send, core } = createTestCore();
      const place = { ...testPlace, threadId: "1" };
      const author = { id: "u1", name: "Ann" };
      await core.handleCommand({ eventId: `${numEvents++}`, place, author, command: { type: "reset" } });
      const said = { author: "Bob", atMs: Date.now() - 1_000 };
      const before = [
        { ...said, messageId: "1", text: "Long ago." },
        { ...said, messageId: "2", text: "Just now.", atMs: Date.now() + 1_000 },
      ];
      await send("Hi", { place, before });
      expect(lastPrompt(client)).toContain("Just now.");
      expect(lastPrompt(client)).not.toContain("Long ago.");
    });

    it("holds for the reply that is being written, which is not remembered", async () => {
      const gate = createGate();
      const { client, send, core, stores } = createTestCore();
      client.script({ chunks: ["Hello"], hold: gate.opened });
      const reply = new FakeReplyHandle();
      const isBegun = new Promise<void>((resolve) => {
        reply.onAppend = () => resolve();
      });
      const sent = send("Hi", {}, reply);
      await isBegun;
      const author = { id: "u1", name: "Ann" };
      const event = { eventId: `${numEvents++}`, place: testPlace, author, command: { type: "reset" } as const };
      expect(await core.handleCommand(event)).toMatch(/nothing to forget/);
      gate.open();
      await sent;
      expect(reply.ended).toMatchObject({ type: "finished", text: "Hello" });
      expect(await roundsOf(stores)).toEqual([]);
    });

    it("forgets the rounds of this conversation and says how many", async () => {
      let generation = "";
      await stores.rounds.append(testConversation, round, { window: 6, generation });
      expect(await run({ type: "reset" })).toBe("Forgot one round. Model and persona stay.");
      expect(await run({ type: "reset" })).toBe("There was nothing to forget.");
      ({ generation } = await stores.rounds.read(testConversation));
      await stores.rounds.append(testConversation, round, { window: 6, generation });
      await stores.rounds.append(testConversation, round, { window: 6, generation });
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

    it("says which fields of a persona stay as they are", async () => {
      expect(await run({ type: "system", text: "On {date} {user} likes {colour} and {colour}." })).toBe(
        "The persona is set. `/system default` takes it back. I fill in `{date}`, `{user}`, `{channel}` and `{workspace}`; `{colour}` stays as it is.",
      );
    });

    it("shows the one of chat models that have none", async () => {
      client.models = [fakeModel({ promptFormat: { format: { $case: "chatTemplate", value: { template: "" } } } })];
      expect(await run({ type: "system" })).toBe(
        "fake has none of its own, so this one holds:\n\n> You are Cria, a helpful AI assistant.",
      );
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
    const words = {
      workspace: "server",
      commandPrefix: "/cria ",
      howToStop: "The word `stop` stops it.",
      settings: [],
    };
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

  describe("status", () => {
    it("tells model, service and memory", async () => {
      await stores.rounds.append(testConversation, round, { window: 6, generation: "" });
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

    it("says that the queue is not known rather than that nothing waits", async () => {
      client.queueLength = async () => {
        throw new Error("too late");
      };
      expect(await run({ type: "status" })).toMatch(/\n- Service: serving, how many wait is not known just now\n/);
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
