import { describe, expect, it } from "vitest";
import { linkedMessages } from "./message-links.ts";

describe("linkedMessages", () => {
  it("finds each message once, in its thread", () => {
    const root = "https://test.slack.com/archives/C1/p1700000000000100";
    const inThread = "https://test.slack.com/archives/C1/p1700000001000200?thread_ts=1700000000.000100&amp;cid=C1";
    expect(linkedMessages(`<${root}> <${inThread}|that> <${root}|again> <https://a.example/archives/C1>`)).toEqual([
      { channel: "C1", ts: "1700000000.000100", threadTs: "1700000000.000100" },
      { channel: "C1", ts: "1700000001.000200", threadTs: "1700000000.000100" },
    ]);
  });
});
