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
