import { describe, expect, it } from "vitest";
import { attachmentsOf } from "./files.ts";

const access = { botToken: "xoxb-1", apiUrl: "https://slack.com/api/" };
const elsewhere = [{ name: "a", url_private: "https://slack.com.evil.example/a" }];
const { signal } = new AbortController();

describe("files", () => {
  it("are fetched from Slack and from nobody else, who would be shown the token", async () => {
    await expect(attachmentsOf(elsewhere, access)[0]!.load(signal)).rejects.toThrow("no address for a file");
  });
});
