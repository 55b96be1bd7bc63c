import { fakeModel } from "@cria/bot-core/testing";
import type { PromptFormat } from "@cria/proto";
import { expect, it } from "vitest";
import { ADA, BEN, TestRooms } from "../testing/test-rooms.ts";

const example = { instruction: "A talk.", examples: [], humanTitle: "Human", aiTitle: "AI" };
const promptFormat: PromptFormat = { format: { $case: "fewShot", value: example } };

it("takes a question for the words of who wrote it, whoever presses Retry", async () => {
  const on = await TestRooms.open();
  on.inference.models = [fakeModel({ promptFormat })];
  on.inference.script({ failure: new Error("gone") }, { chunks: ["No."] }, { chunks: ["Still no."] });
  const configured = on.headChanges();
  await on.post(ADA, "general", "/system You talk to {user}.");
  await configured;
  const failed = on.headChanges();
  await on.post(ADA, "general", "@cria may I eat nuts?");
  await failed;
  const retried = on.headChanges();
  await on.rooms.retry(BEN, "general", (await on.messages("general")).at(-1)!.id);
  await retried;
  const ended = on.replyEnds();
  await on.post(ADA, "general", "@cria and now?");
  await ended;
  const prompts = on.inference.requests.map(({ prompt }) => prompt.map(({ text }) => text).join(""));
  const first = "A talk.\n\nYou talk to Ada.\n\nHuman: Ada: may I eat nuts?\nAI:";
  expect(prompts).toEqual([first, first, `${first} No.\nHuman: Ada: and now?\nAI:`]);
});
