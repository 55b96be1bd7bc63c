import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOT, type ChannelSnapshot, type ChatMessage } from "../../../wire.ts";
import { type ChannelEvent, ChannelState } from "./channel-state.ts";

const message = (id: string, text = ""): ChatMessage => ({
  id,
  atMs: 1,
  author: BOT,
  text,
  state: { type: "streaming" },
});
const snapshot = (number: number, ...messages: ChatMessage[]): ChannelSnapshot => ({
  messages,
  head: { model: "fake", rememberedRounds: 1, wantsFeedback: false },
  eventId: `run-${number}`,
});
const append = (offset: number, text: string): ChannelEvent => ({
  type: "append",
  channelId: "general",
  messageId: "reply-1",
  offset,
  text,
});
const textOf = (channel: ChannelState) => channel.view("reply-1")?.text.value;

function loaded(...messages: ChatMessage[]): ChannelState {
  const channel = new ChannelState("general");
  channel.startLoading();
  channel.loadSnapshot(snapshot(0, ...messages));
  return channel;
}

describe("ChannelState", () => {
  it("applies events after its snapshot and not those in it", () => {
    const channel = new ChannelState("general");
    channel.startLoading();
    channel.loadSnapshot(snapshot(5, message("reply-1", "Hel")));
    channel.apply(append(0, "Hel"), 5);
    channel.apply(append(3, "lo"), 6);
    expect(textOf(channel)).toBe("Hello");
  });

  it("keeps events that come before their snapshot", () => {
    const channel = new ChannelState("general");
    channel.startLoading();
    channel.apply(append(0, "Hel"), 5);
    channel.apply(append(3, "lo"), 6);
    channel.loadSnapshot(snapshot(5, message("reply-1", "Hel")));
    expect(textOf(channel)).toBe("Hello");
  });

  it("adds text once, however often it comes", () => {
    const channel = loaded(message("reply-1", "Hel"));
    for (const number of [1, 2]) expect(channel.apply(append(3, "lo"), number)).toBe(true);
    channel.apply(append(2, "lo!"), 3);
    expect(textOf(channel)).toBe("Hello!".slice(0, 5));
  });

  it("says when text or a message is missing", () => {
    const channel = loaded(message("reply-1", "Hel"));
    expect(channel.apply(append(7, "x"), 1)).toBe(false);
    expect(channel.apply({ ...append(0, "x"), messageId: "unknown" } as ChannelEvent, 2)).toBe(false);
  });

  it("takes the whole text where the end cut it", () => {
    const channel = loaded(message("reply-1", "loop loop"));
    const state = { type: "ended", end: "repetition" } as const;
    channel.apply({ type: "state", channelId: "general", messageId: "reply-1", state, text: "loop" }, 1);
    expect(textOf(channel)).toBe("loop");
    expect(channel.view("reply-1")?.state.value).toEqual(state);
  });

  it("keeps the views of messages it shows when it is loaded again", () => {
    const channel = loaded(message("reply-1", "Hel"));
    const view = channel.view("reply-1");
    channel.startLoading();
    channel.loadSnapshot(snapshot(9, message("reply-1", "Hello"), message("reply-2")));
    expect(channel.view("reply-1")).toBe(view);
    expect(textOf(channel)).toBe("Hello");
    expect(channel.messages.value).toHaveLength(2);
  });

  it("tells the newest of loads that overlap", () => {
    const channel = loaded();
    const isNewest = [channel.startLoading(), channel.startLoading()];
    expect(isNewest.map((ask) => ask())).toEqual([false, true]);
  });

  it("adds messages and follows the head", () => {
    const channel = loaded();
    channel.apply({ type: "message", channelId: "general", message: message("reply-1", "x") }, 1);
    channel.apply({ type: "message", channelId: "general", message: message("reply-1", "xy") }, 2);
    channel.apply({ type: "head", channelId: "general", head: { rememberedRounds: 3, wantsFeedback: false } }, 3);
    expect(channel.messages.value).toHaveLength(1);
    expect(textOf(channel)).toBe("xy");
    expect(channel.head.value.rememberedRounds).toBe(3);
  });

  it("keeps how one rated a reply, which events do not tell, while another is tried in its place", () => {
    const reply = (replyId: string): ChatMessage => ({ ...message("reply-1", "x"), replyId });
    const channel = loaded({ ...reply("a"), rated: "up" });
    const put = (replyId: string, number: number) => {
      channel.apply({ type: "message", channelId: "general", message: reply(replyId) }, number);
      return channel.view("reply-1")?.rated.value;
    };
    expect([put("a", 1), put("b", 2), put("a", 3)]).toEqual(["up", undefined, "up"]);
    channel.view("reply-1")!.rated.value = "down";
    expect([put("b", 4), put("a", 5)]).toEqual([undefined, "down"]);
  });

  it("has every token once, whenever the snapshot was taken and came", () => {
    const tokens = fc.array(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(tokens, fc.nat(), fc.nat(), (texts, taken, arrived) => {
        const takenAt = taken % (texts.length + 1);
        const arrivesAt = takenAt + (arrived % (texts.length + 1 - takenAt));
        const channel = new ChannelState("general");
        channel.startLoading();
        let offset = 0;
        const load = () =>
          channel.loadSnapshot(snapshot(takenAt, message("reply-1", texts.slice(0, takenAt).join(""))));
        texts.forEach((text, index) => {
          if (index === arrivesAt) load();
          channel.apply(append(offset, text), index + 1);
          offset += text.length;
        });
        if (arrivesAt === texts.length) load();
        expect(textOf(channel)).toBe(texts.join(""));
      }),
    );
  });
});
