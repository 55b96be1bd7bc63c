import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OwnMessages } from "../api/own-messages.ts";
import type { PacedClient } from "../api/paced-client.ts";
import { SlackReply } from "./slack-reply.ts";
import { StreamRefusals } from "./stream-refusals.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A reply where Slack's limits hold back what takes the stop button away, for longer than any test. */
function startReply() {
  const call = async (method: string) =>
    method === "agents.sessions.setStatus" ? await new Promise(() => undefined) : { ok: true, ts: "1.2" };
  const client = { call, callNow: async () => ({ ok: true, ts: "1.2" }) } as unknown as PacedClient;
  const target = { channel: "C1", threadTs: "1.1", isDirect: false, userId: "U1", teamId: "T1", askedTs: "1.1" };
  const facts = { settings: {}, wantsFeedback: false, mayWrite: async () => true };
  const reply = new SlackReply({
    writer: { client, messages: new OwnMessages(client, "UBOT"), streams: new StreamRefusals() },
    target,
    replyId: "r1",
    facts,
    logger: pino({ level: "silent" }),
    onDeleted: () => undefined,
  });
  reply.begin();
  return reply;
}

describe("SlackReply", () => {
  it("has ended though Slack's limits hold back what takes its stop button away", async () => {
    const onEnd = vi.fn();
    const reply = startReply();
    void reply.ended.then(onEnd);
    await reply.finish("complete", "Hello.", undefined);
    expect(onEnd).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(onEnd).toHaveBeenCalledOnce();
  });
});
