import { MAX_MESSAGE_LENGTH } from "@cria/bot-core";
import { beforeEach, describe, expect, it } from "vitest";
import { ADA, BEN, TestRooms } from "../testing/test-rooms.ts";

let on: TestRooms;
beforeEach(async () => {
  on = await TestRooms.open();
});

const notes = { name: "notes.txt", text: "Feed the herd at six." };
const lastPrompt = () =>
  on.inference.requests
    .at(-1)!
    .prompt.map(({ text }) => text)
    .join("");

describe("files of messages", () => {
  it("are what the message is about, and are named in it", async () => {
    on.inference.script({ chunks: ["At six."] });
    const ended = on.replyEnds();
    await on.rooms.post(ADA, "general", { id: "message-1", text: "@cria When?", files: [notes] });
    await ended;
    expect(lastPrompt()).toContain(notes.text);
    expect((await on.messages("general", BEN))[0]).toMatchObject({
      text: "@cria When?",
      files: [{ name: "notes.txt", sizeBytes: 21 }],
    });
    expect(JSON.stringify(await on.messages("general"))).not.toContain("Feed the herd");
    expect(await on.rooms.file(BEN, "general", "message-1", 0)).toBe(notes.text);
    await expect(on.rooms.file(BEN, "general", "message-1", 1)).rejects.toThrow("no longer kept");
  });

  it("are the message itself where it has no words, and give the chat its title", async () => {
    const ended = on.replyEnds();
    await on.rooms.post(ADA, on.direct, { id: "message-1", text: " ", files: [notes] });
    await ended;
    expect(lastPrompt()).toContain(notes.text);
    expect((await on.rooms.lists(ADA)).chats[0]?.title).toBe("notes.txt");
    await expect(on.rooms.file(BEN, on.direct, "message-1", 0)).rejects.toThrow("somebody else");
  });

  it("are read again at Retry", async () => {
    on.inference.script({ failure: new Error("gone") }, { chunks: ["At six."] });
    const failed = on.replyEnds();
    await on.rooms.post(ADA, on.direct, { id: "message-1", text: "When?", files: [notes] });
    await failed;
    const ended = on.replyEnds();
    await on.rooms.retry(ADA, on.direct, (await on.messages(on.direct)).at(-1)!.id);
    await ended;
    expect(on.inference.requests).toHaveLength(2);
    expect(lastPrompt()).toContain(notes.text);
  });

  it.each([
    ["too many", Array.from({ length: 5 }, () => notes), "This message has 5 files; I can read 4. Send fewer."],
    ["too large", [{ name: "log.txt", text: "龍".repeat(50_000) }], "log.txt has 147 KB; I can read 128 KB."],
    [
      "too long with the words",
      [{ name: "log.txt", text: "x".repeat(MAX_MESSAGE_LENGTH) }],
      "The message and its files have 32,005 characters",
    ],
  ])("are refused where they are %s", async (_, files, sentence) => {
    await expect(on.rooms.post(ADA, on.direct, { id: "message-1", text: "When?", files })).rejects.toThrow(sentence);
    expect(await on.messages(on.direct)).toEqual([]);
  });
});
