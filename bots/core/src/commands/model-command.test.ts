import { ModelState } from "@cria/proto";
import { beforeEach, describe, expect, it } from "vitest";
import type { Command } from "../port/command.ts";
import type { Place } from "../port/place.ts";
import { fakeModel } from "../testing/fake-model.ts";
import { createTestCore, testConversation, testPlace } from "../testing/test-core.ts";

const models = () => [
  fakeModel({ name: "big", description: "Answers well", isDefault: false, state: ModelState.AVAILABLE, base: "small" }),
  fakeModel({ name: "broken", isDefault: false, state: ModelState.BROKEN, error: "tokenizer.json is missing." }),
  fakeModel({ name: "small", description: "Answers fast", system: "You are small." }),
];

describe("/model", () => {
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
        `There is no model "${"x".repeat(63)}…"; there are big, small. Choose another with /model.`,
      );
      expect(await stores.settings.get(testConversation)).toEqual({});
    });

    it("refuses a broken model with its fault before anything is stored", async () => {
      expect(await run({ type: "model", name: "broken" })).toBe(
        "The model broken cannot be used: tokenizer.json is missing. Choose another with /model.",
      );
      expect(await stores.settings.get(testConversation)).toEqual({});
    });

    it("says so where the one that was set is gone, whose place the default takes", async () => {
      await stores.settings.update(testConversation, { model: "gone" });
      expect(await run({ type: "model" })).toMatch(
        /\*\*small\*\* \(in use here(.|\n)*\n\nThe model gone is gone; small answers\. `\/model name`/,
      );
      expect(await run({ type: "status" })).toMatch(
        /Model: \*\*small\*\*.*tokens\. The model gone is gone; small answers\./,
      );
      expect(await run({ type: "system" })).toMatch(/^small brings its own/);
      await stores.settings.update("web:local", { model: "broken" });
      expect(await run({ type: "model", name: "default" })).toBe("Back to **small**.");
      expect(await run({ type: "status" })).toMatch(/The model broken cannot be used; small answers\./);
    });

    it("says that the service is away", async () => {
      client.setServing(false);
      expect(await run({ type: "model", name: "big" })).toMatch(/cannot be reached/);
    });
  });
});
