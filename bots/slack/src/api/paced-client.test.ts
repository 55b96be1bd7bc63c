import type { webApi } from "@slack/bolt";
import { describe, expect, it } from "vitest";
import { PacedClient } from "./paced-client.ts";

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
});
