import type { webApi } from "@slack/bolt";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PacedClient } from "./paced-client.ts";

const DOWN = { code: "slack_webapi_http_error", statusCode: 503 };
const ONE_TOO_MANY = { code: "slack_webapi_rate_limited_error", retryAfter: 30 };

/** A client over a Slack that fails every call, and the methods that were called. */
function createFailing(failure: unknown) {
  const calls: string[] = [];
  const apiCall = async (method: string) => {
    calls.push(method);
    throw failure;
  };
  return { calls, client: new PacedClient({ apiCall } as unknown as webApi.WebClient, () => {}) };
}

describe("PacedClient with little time", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("tries a call for now a second time where that does no harm", async () => {
    const { client, calls } = createFailing(DOWN);
    await expect(client.callNow("users.info", { user: "U1" })).rejects.toBe(DOWN);
    await expect(client.callNow("chat.startStream", { channel: "C1" })).rejects.toBe(DOWN);
    expect(calls).toEqual(["users.info", "users.info", "chat.startStream"]);
  });

  it("makes no call that is another process's by the time that its budget is there", async () => {
    const { client, calls } = createFailing(DOWN);
    const call = client.call("chat.update", { channel: "C1" }, { mayCall: async () => false });
    await expect(call).rejects.toThrow("another process makes the call of chat.update");
    expect(calls).toEqual([]);
  });

  it("makes no call for now while Slack asks to wait", async () => {
    const { client, calls } = createFailing(ONE_TOO_MANY);
    expect(await client.callNow("users.info", { user: "U1" })).toBeUndefined();
    expect(await client.callNow("users.info", { user: "U1" })).toBeUndefined();
    expect(calls).toEqual(["users.info"]);
  });

  it("waits for the budget, and for Slack, no longer than its caller has time", async () => {
    const { client, calls } = createFailing(ONE_TOO_MANY);
    for (const numCalls of [1, 1]) {
      const late = expect(client.callWithin(3_000, "conversations.replies", {})).rejects.toThrow("within 3000 ms");
      await vi.advanceTimersByTimeAsync(3_000);
      await late;
      expect(calls).toHaveLength(numCalls);
    }
  });
});

describe("PacedClient", () => {
  it.each(["token_revoked", "invalid_auth", "account_inactive"])("tells once that Slack answers %s", async (code) => {
    const refusal = { code: "slack_webapi_platform_error", data: { error: code } };
    const refused: unknown[] = [];
    const apiCall = async () => Promise.reject(refusal);
    const client = new PacedClient({ apiCall } as unknown as webApi.WebClient, (error) => refused.push(error));
    await expect(client.call("chat.update", {})).rejects.toBe(refusal);
    await expect(client.callNow("chat.startStream", {})).rejects.toBe(refusal);
    expect(refused).toEqual([refusal]);
  });

  it.each([
    ["a call that is not counted", (client: PacedClient) => client.uncounted(({ views }) => views.open({} as never))],
    [
      "a file that is shared",
      (client: PacedClient) => client.shareFile({ channel: "C1", threadTs: "1.1", name: "reply.md", text: "words" }),
    ],
  ])("tells so of %s as well", async (_, call) => {
    const refusal = { code: "slack_webapi_platform_error", data: { error: "token_revoked" } };
    const refused: unknown[] = [];
    const refuse = async () => Promise.reject(refusal);
    const web = { views: { open: refuse }, filesUploadV2: refuse } as unknown as webApi.WebClient;
    await expect(call(new PacedClient(web, (error) => refused.push(error)))).rejects.toBe(refusal);
    expect(refused).toEqual([refusal]);
  });
});
