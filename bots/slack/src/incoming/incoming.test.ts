import { describe, expect, it } from "vitest";
import { LruCache } from "../lru-cache.ts";
import { attachmentsOf } from "./files.ts";
import { changeOf, isWritten, placeOf, quotesOf, type SlackMessageEvent } from "./message-event.ts";
import { mentionedUsers, plainText } from "./plain-text.ts";
import { ReplayGuard } from "./replay-guard.ts";

const event = (fields: Partial<SlackMessageEvent> = {}): SlackMessageEvent => ({
  type: "message",
  channel: "C1",
  channel_type: "channel",
  user: "U1",
  ts: "1.1",
  text: "hi",
  ...fields,
});

describe("plainText", () => {
  it.each([
    ["<@UBOT> hello", "hello"],
    ["hello <@UBOT>, there", "hello there"],
    ["ask <@U1> and <@U2|ben>", "ask @Ann and @ben"],
    ["<#C1|general> <!here> <!subteam^S1|@team>", "#general @here @team"],
    [
      "<https://a.example> <https://a.example|a> <http://b.example|b.example>",
      "https://a.example a (https://a.example) http://b.example",
    ],
    ["1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt;", "1 < 2 && 3 > 2 &lt;"],
    ["```\n<div>\n```".replaceAll("<", "&lt;").replaceAll(">", "&gt;"), "```\n<div>\n```"],
  ])("reads %j", (text, plain) => {
    expect(plainText(text, "UBOT", (id) => (id === "U1" ? "Ann" : id))).toBe(plain);
  });

  it("finds whom a text mentions", () => {
    expect(mentionedUsers("<@U1> <@U2|ben> @U3")).toEqual(["U1", "U2"]);
  });
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
    });
    const tombstone = event({ ...change, message: event({ subtype: "tombstone" }) });
    expect(changeOf(tombstone)).toMatchObject({ type: "deleted", message: { ts: "1.1" } });
  });

  it("bring the text of shared messages, and not of link previews", () => {
    const attachments = [{ is_share: true, text: "shared" }, { text: "preview" }];
    expect(quotesOf(event({ attachments }))).toEqual(["shared"]);
  });
});

describe("attachmentsOf", () => {
  it("shows the token to Slack and to nobody else", async () => {
    const access = { botToken: "xoxb-1", apiUrl: "https://slack.com/api/" };
    const [file] = attachmentsOf([{ name: "a", url_private: "https://slack.com.evil.example/a" }], access);
    await expect(file!.load(new AbortController().signal)).rejects.toThrow("no address for the file a");
  });
});

describe("LruCache", () => {
  it("forgets what was used longest ago", () => {
    const cache = new LruCache<number>(2, 60_000);
    cache.set("a", 1);
    cache.set("b", 2);
    cache.get("a");
    cache.set("c", 3);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([1, undefined, 3]);
  });
});

describe("ReplayGuard", () => {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const signed = (signature: string, atSeconds: number, retryNum?: string) => ({
    "x-slack-signature": signature,
    "x-slack-request-timestamp": `${atSeconds}`,
    ...(retryNum !== undefined && { "x-slack-retry-num": retryNum }),
  });

  it("takes a signature once, and none from more than five minutes ahead", () => {
    const guard = new ReplayGuard();
    expect(guard.judge(signed("v0=a", nowSeconds))).toBe("take");
    expect(guard.judge(signed("v0=a", nowSeconds))).toBe("refuse");
    expect(guard.judge(signed("v0=a=b", nowSeconds))).toBe("refuse");
    expect(guard.judge(signed("v0=b", nowSeconds + 302))).toBe("refuse");
  });

  it("acknowledges a retry of the same second, and takes one whose first try it never saw", () => {
    const guard = new ReplayGuard();
    expect(guard.judge(signed("v0=a", nowSeconds, "1"))).toBe("take");
    expect(guard.judge(signed("v0=a", nowSeconds, "2"))).toBe("acknowledge");
  });
});
