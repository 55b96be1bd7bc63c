import { describe, expect, it } from "vitest";
import { changeOf, isWritten, placeOf, type SlackMessageEvent } from "./message-event.ts";
import { fromRaw, toRaw } from "./raw-event.ts";

const event = (fields: Partial<SlackMessageEvent> = {}): SlackMessageEvent => ({
  channel: "C1",
  channel_type: "channel",
  user: "U1",
  ts: "1.1",
  text: "hi",
  ...fields,
});

describe("events", () => {
  it("of people are told from those of bots and of Slack", () => {
    expect(isWritten(event())).toBe(true);
    expect(isWritten(event({ subtype: "file_share" }))).toBe(true);
    expect(isWritten(event({ bot_id: "B1" }))).toBe(false);
    expect(isWritten(event({ subtype: "channel_join" }))).toBe(false);
  });

  it("have their place in a thread, their own where they are in none", () => {
    const own = { workspaceId: "T1", botUserId: "U1" };
    const place = { platform: "slack", writer: "slack:T1:U1", workspaceId: "T1", channelId: "C1", isDirect: false };
    expect(placeOf(event(), own)).toEqual({ ...place, threadId: "1.1" });
    expect(placeOf(event({ thread_ts: "0.5" }), own)).toEqual({ ...place, threadId: "0.5" });
    expect(placeOf(event({ channel: "D1", channel_type: "im" }), own).isDirect).toBe(true);
  });

  it("tell of edits and deletions, and not of previews, bots and new messages", () => {
    const edited = event({ text: "hallo" });
    const change = { subtype: "message_changed", previous_message: event() };
    expect(changeOf(event({ ...change, message: edited }))).toMatchObject({
      type: "edited",
      message: { text: "hallo" },
    });
    expect(changeOf(event({ ...change, message: event() }))).toBeUndefined();
    expect(changeOf(event({ ...change, message: event({ text: "x", bot_id: "B1" }) }))).toBeUndefined();
    expect(changeOf(event())).toBeUndefined();
    const deletion = event({
      subtype: "message_deleted",
      deleted_ts: "0.9",
      previous_message: event({ thread_ts: "0.5" }),
    });
    expect(changeOf(deletion)).toMatchObject({
      type: "deleted",
      message: { ts: "0.9", thread_ts: "0.5", channel: "C1" },
      isKnown: true,
    });
    const tombstone = event({ ...change, message: event({ subtype: "tombstone", text: "This message was deleted." }) });
    expect(changeOf(tombstone)).toMatchObject({ type: "deleted", message: { ts: "1.1", text: "hi" } });
  });
});

describe("what is kept of an event", () => {
  it("is what another process reads of it", () => {
    const files = [{ name: "a.txt", url_private: "https://slack.com/a" }];
    const kept = fromRaw(
      toRaw({ ...event({ files, thread_ts: "0.5", user_team: "T2" }), client_msg_id: "x" } as never),
    );
    expect(kept).toEqual({ event: event({ files, thread_ts: "0.5", user_team: "T2" }), isWhole: true });
  });

  it("fits into 60 KiB: first without what is shared, then to be read again", () => {
    const attachments = [{ text: "x".repeat(70_000) }];
    expect(fromRaw(toRaw(event({ attachments })))).toEqual({ event: event(), isWhole: true });
    const { text: _, ...head } = event();
    const kept = toRaw(event({ text: "é".repeat(39_000), attachments }));
    expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(60 * 1024);
    expect(fromRaw(kept)).toEqual({ event: head, isWhole: false });
  });
});
