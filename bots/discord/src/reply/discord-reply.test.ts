import type { SendableChannels } from "discord.js";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelPace } from "./channel-pace.ts";
import { DiscordReply } from "./discord-reply.ts";

describe("DiscordReply", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A channel that keeps what it shows, and the replies in it. */
  function createChannel(shown = "") {
    const requests: string[] = [];
    const channel = {
      isThread: () => false,
      sendTyping: async () => {},
      send: async ({ content }: { readonly content: string }) => ({ id: `m${requests.push(content)}` }),
      messages: {
        edit: async (_: string, { content }: { readonly content: string }) => void requests.push(content),
        fetch: async () => ({ content: shown, components: [] }),
        delete: async (id: string) => void requests.push(`delete ${id}`),
      },
    } as unknown as SendableChannels;
    const pace = new ChannelPace(channel);
    const onDiscarded = vi.fn();
    const reply = (replyId = "r", handle = "") =>
      new DiscordReply({
        handle,
        target: { channel, pace, questionId: "q" },
        replyId,
        wantsFeedback: false,
        mayWrite: async () => true,
        logger: pino({ level: "silent" }),
        onDiscarded,
        onLost: () => {},
      });
    return { requests, reply, onDiscarded };
  }

  it("says nothing of a queue to those who wait for less than three seconds", async () => {
    const { requests, reply } = createChannel();
    const waiting = reply();
    await waiting.status({ type: "queued", ahead: 2 });
    await vi.advanceTimersByTimeAsync(2_900);
    await waiting.finish("complete", "Here.", undefined);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(requests).toEqual(["Here."]);
  });

  it("tells those who wait for longer once how many are ahead, and not of each change", async () => {
    const { requests, reply } = createChannel();
    const waiting = reply();
    for (let ahead = 9; ahead > 0; ahead--) {
      await waiting.status({ type: "queued", ahead });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(requests).toEqual(["-# 7 ahead of you…"]);
    void waiting.finish("complete", "Here.", undefined);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(requests.at(-1)).toBe("Here.");
  });

  it("tells how many are ahead as it is when the channel has room to tell it", async () => {
    const { requests, reply } = createChannel();
    const others = Array.from({ length: 2 }, (_, index) => reply(`r${index}`));
    await vi.advanceTimersByTimeAsync(2_000);
    for (const other of others) await other.append("Words");
    const waiting = reply();
    await waiting.status({ type: "queued", ahead: 9 });
    await vi.advanceTimersByTimeAsync(4_000);
    await waiting.status({ type: "queued", ahead: 3 });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(requests.filter((text) => text.includes("ahead"))).toEqual(["-# 3 ahead of you…"]);
    for (const open of [waiting, ...others]) open.giveUp();
    await Promise.all([waiting, ...others].map((open) => open.leave()));
  });

  it("takes its notice away when nobody asks any more", async () => {
    const { requests, reply, onDiscarded } = createChannel();
    const waiting = reply();
    await waiting.status({ type: "queued", ahead: 2 });
    await vi.advanceTimersByTimeAsync(4_000);
    await waiting.discard();
    await waiting.ended;
    expect(requests).toEqual(["-# 2 ahead of you…", "delete m1"]);
    expect(onDiscarded).toHaveBeenCalledOnce();
  });

  it("tells of nothing taken away where nothing was shown", async () => {
    const { requests, reply, onDiscarded } = createChannel();
    const waiting = reply();
    await waiting.discard();
    await waiting.ended;
    expect(requests).toEqual([]);
    expect(onDiscarded).not.toHaveBeenCalled();
  });

  it("keeps the words of a process before where it is stopped before it shows any", async () => {
    const { requests, reply } = createChannel("Half wri");
    await reply("r", "m1").finish("stopped", "", undefined);
    expect(requests).toEqual([]);
  });

  it("takes away what said that its question waits where it is stopped before it shows any words", async () => {
    const { requests, reply } = createChannel("-# 2 ahead of you…");
    await reply("r", "m1").finish("stopped", "", undefined);
    expect(requests).toEqual(["delete m1"]);
  });

  it("shows first words at once although others have used up the channel's edits", async () => {
    const { requests, reply } = createChannel();
    const growing = reply("r0");
    for (let second = 0; second < 5; second++) {
      await growing.append(`word${second} `);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    const next = reply("r1");
    await next.append("First");
    await vi.advanceTimersByTimeAsync(0);
    expect(requests.at(-1)).toBe("First");
    for (const open of [growing, next]) open.giveUp();
    await Promise.all([growing, next].map((open) => open.leave()));
  });

  it("leaves room for last texts, however many wait and grow in one channel", async () => {
    const { requests, reply } = createChannel();
    const replies = Array.from({ length: 12 }, (_, index) => reply(`r${index}`));
    for (const growing of replies) await growing.append("Half");
    await vi.advanceTimersByTimeAsync(0);
    expect(requests).toHaveLength(4);
    void replies[11]?.finish("complete", "Whole.", undefined);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(requests.slice(4)).toEqual(["Whole."]);
    for (const growing of replies) growing.giveUp();
    await Promise.all(replies.map((growing) => growing.leave()));
  });
});
