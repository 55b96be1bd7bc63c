import type { FakeReply } from "@cria/bot-core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { NEVER } from "../testing/chunk-source.ts";
import { ADA, TestRooms } from "../testing/test-rooms.ts";
import { MAX_VERSIONS } from "../timeline/kept-message.ts";

let on: TestRooms;
beforeEach(async () => {
  on = await TestRooms.open();
  on.inference.script({ chunks: ["One."] });
  const changed = on.headChanges();
  await on.post(ADA, on.direct, "Tell me");
  await changed;
});

const reply = async () => (await on.messages(on.direct)).at(-1)!;
const rounds = async () => (await on.rooms.snapshot(ADA, on.direct)).head.rememberedRounds;

async function regenerate(script: FakeReply): Promise<void> {
  on.inference.script(script);
  const changed = on.headChanges();
  await on.rooms.again(ADA, on.direct, (await reply()).id, "regenerate");
  await changed;
}

describe("versions of a reply", () => {
  it("keep what it said before, the newest being the one that is remembered", async () => {
    await regenerate({ chunks: ["Two."] });
    await regenerate({ chunks: ["Three."] });
    const { text, versions } = await reply();
    expect([text, versions?.map((version) => version.text)]).toEqual(["Three.", ["One.", "Two."]]);
    expect(versions?.[0]?.state).toMatchObject({ type: "ended", stats: { model: "smollm2-135m" } });
    expect(await rounds()).toBe(1);
    await on.rooms.close();
    await on.reopen();
    expect((await reply()).versions).toHaveLength(2);
  });

  it("are so many at most", async () => {
    for (let number = 2; number <= MAX_VERSIONS + 2; number++) await regenerate({ chunks: [`${number}.`] });
    const { text, versions } = await reply();
    expect(versions).toHaveLength(MAX_VERSIONS - 1);
    expect([versions?.[0]?.text, text]).toEqual(["3.", "12."]);
  });

  it("go back to the one before where it is stopped before the first word of another", async () => {
    const before = await reply();
    on.inference.script({ queue: NEVER });
    await on.rooms.again(ADA, on.direct, before.id, "regenerate");
    expect((await reply()).text).toBe("");
    const changed = on.headChanges();
    await on.rooms.stop(ADA, on.direct, before.id);
    await changed;
    expect(await reply()).toEqual(before);
    await regenerate({ chunks: ["Two."] });
    expect((await reply()).versions?.map(({ text }) => text)).toEqual(["One."]);
  });

  it("are made in the same place by Retry where another failed, which is none of them", async () => {
    await regenerate({ chunks: ["Tw"], failure: new Error("gone") });
    const failed = await reply();
    expect(failed).toMatchObject({ text: "Tw", state: { type: "failed" }, versions: [{ text: "One." }] });
    on.inference.script({ chunks: ["Two."] });
    const changed = on.headChanges();
    await on.rooms.retry(ADA, on.direct, failed.id);
    await changed;
    expect(await reply()).toMatchObject({ id: failed.id, text: "Two.", versions: [{ text: "One." }] });
    expect(await on.texts(on.direct)).toHaveLength(2);
    expect(await rounds()).toBe(1);
  });

  it("are none where it goes on", async () => {
    on = await TestRooms.open();
    on.inference.script({ chunks: ["Once upon"], hold: NEVER }, { chunks: [" a time."] });
    const streams = on.replyStreams();
    await on.post(ADA, on.direct, "A story");
    await streams;
    const stopped = on.headChanges();
    await on.rooms.stop(ADA, on.direct, (await reply()).id);
    await stopped;
    const changed = on.headChanges();
    await on.rooms.again(ADA, on.direct, (await reply()).id, "continueReply");
    await changed;
    expect(await reply()).toMatchObject({ text: "Once upon a time." });
    expect((await reply()).versions).toBeUndefined();
  });
});

describe("a reply that is not given", () => {
  it("leaves no place behind: who was told why in a channel is told once in a while", async () => {
    on = await TestRooms.open({ quotaLimits: { userMessagesPerMinute: 1 } });
    for (const text of ["@cria one", "@cria two", "@cria three"]) {
      const changed = on.headChanges();
      await on.post(ADA, "general", text);
      await changed;
    }
    const messages = await on.messages("general");
    expect(messages.map(({ text, state }) => state?.type ?? text)).toEqual([
      "@cria one",
      "ended",
      "@cria two",
      "failed",
      "@cria three",
    ]);
    await on.rooms.close();
    await on.reopen();
    expect(await on.texts("general")).toHaveLength(5);
  });
});
