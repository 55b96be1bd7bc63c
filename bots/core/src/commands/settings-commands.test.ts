import { ModelState } from "@cria/proto";
import { beforeEach, describe, expect, it } from "vitest";
import type { Command } from "../port/command.ts";
import type { Place } from "../port/place.ts";
import { DEFAULT_WORDS } from "../port/words.ts";
import { fakeModel } from "../testing/fake-model.ts";
import { createTestCore, testConversation, testPlace } from "../testing/test-core.ts";

const models = () => [
  fakeModel({ name: "big", description: "Answers well", isDefault: false, state: ModelState.AVAILABLE, base: "small" }),
  fakeModel({ name: "broken", isDefault: false, state: ModelState.BROKEN, error: "tokenizer.json is missing." }),
  fakeModel({ name: "small", description: "Answers fast", system: "You are small." }),
];

describe("commands that set something", () => {
  let { stores, core } = createTestCore();
  let numEvents = 0;
  const run = (command: Command, place: Place = testPlace) =>
    core.handleCommand({ eventId: `${numEvents++}`, place, author: { id: "u1", name: "Ann" }, command });
  beforeEach(() => {
    ({ stores, core } = createTestCore(models()));
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

  describe("in a scope", () => {
    const admin = { id: "u1", name: "Ann", isAdmin: true };
    const set = (command: Command) =>
      core.handleCommand({ eventId: `${numEvents++}`, place: testPlace, author: admin, command });
    const scope = "workspace" as const;

    it("context says what holds there, whatever holds here", async () => {
      await run({ type: "context", mode: "off" });
      const there = /^The last 4 to 7 rounds go into a prompt in this workspace, in one instruction/;
      expect(await set({ type: "context", mode: "merged", window: 4, scope })).toMatch(there);
      expect(await set({ type: "context", scope })).toMatch(there);
      expect(await run({ type: "context" })).toBe("Each message stands for itself (`off`).");
      expect(await set({ type: "context", mode: "off", scope })).toBe(
        "Each message in this workspace stands for itself (`off`).",
      );
    });

    it("context goes back to what is inherited", async () => {
      await set({ type: "context", mode: "merged", window: 4, scope });
      await run({ type: "context", mode: "off", window: 2 });
      expect(await run({ type: "context", mode: "default" })).toMatch(/^The last 4 to 7 rounds .* in one instruction/);
      expect(await stores.settings.get(testConversation)).toEqual({});
      expect(await set({ type: "context", mode: "default", scope })).toMatch(
        /^The last 6 to 11 rounds go into a prompt in this workspace, as turns/,
      );
      expect(await run({ type: "context", mode: "default", window: 3 })).toMatch(/^The last 3 to 5 rounds/);
    });

    it("model, persona and switches are told as they hold there", async () => {
      await run({ type: "model", name: "big" });
      await run({ type: "system", text: "You are here." });
      await set({ type: "system", text: "You are there.", scope });
      await run({ type: "setting", name: "names", value: "off" });
      expect(await set({ type: "model", scope })).toContain("**small** (in use in this workspace");
      expect(await set({ type: "model", name: "default", scope })).toBe("Back to **small**.");
      expect(await set({ type: "system", scope })).toMatch(/^The persona in this workspace:.*You are there\./s);
      expect(await set({ type: "setting", name: "names", scope })).toBe("`names` is **on** in this workspace.");
      expect(await set({ type: "setting", name: "names", value: "default", scope })).toBe(
        "`names` is **on** in this workspace.",
      );
    });
  });

  describe("setting", () => {
    const words = { ...DEFAULT_WORDS, settings: ["answer-all", "names"] as const };
    const thread = { ...testPlace, threadId: "17" };
    beforeEach(() => {
      ({ stores, core } = createTestCore(models(), { words }));
    });

    it("tells how those of the platform stand", async () => {
      expect(await run({ type: "setting" })).toBe(
        [
          "- `answer-all` (off): every message is answered, whether it names me or not",
          "- `names` (on): the model is shown who said what",
          "",
          "`/setting NAME on` or `off` switches one for this channel.",
        ].join("\n"),
      );
      expect(await run({ type: "setting", name: "names" })).toBe("`names` is **on** here.");
    });

    it("switches the channel, from its threads too, and goes back", async () => {
      expect(await run({ type: "setting", name: "answer-all", value: "on" }, thread)).toBe(
        "`answer-all` is **on** in this channel.",
      );
      expect(await stores.settings.get(testConversation)).toEqual({ answersAll: true });
      expect(await run({ type: "setting", name: "answer-all", value: "default" })).toBe(
        "`answer-all` is **off** in this channel.",
      );
      expect(await stores.settings.get(testConversation)).toEqual({});
    });

    it("switches the whole workspace, for admins", async () => {
      const command = { type: "setting", name: "names", value: "off", scope: "workspace" } as const;
      expect(await run(command)).toMatch(/^Only admins/);
      const author = { id: "u1", name: "Ann", isAdmin: true };
      const event = { eventId: `${numEvents++}`, place: testPlace, author, command };
      expect(await core.handleCommand(event)).toBe("`names` is **off** in this workspace.");
      expect(await run({ type: "setting", name: "names" })).toBe("`names` is **off** here.");
    });
  });

  describe("feedback", () => {
    const admin = { id: "u1", name: "Ann", isAdmin: true };
    const runAs = (author: typeof admin, command: Command) =>
      core.handleCommand({ eventId: `${numEvents++}`, place: testPlace, author, command });

    it("is switched by admins, for the workspace", async () => {
      ({ stores, core } = createTestCore(models(), { feedback: { rate: async () => undefined } }));
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
});
