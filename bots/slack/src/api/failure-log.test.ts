import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { withShortFailures } from "./failure-log.ts";

/** What is logged of a failure. */
function logOf(error: unknown): { readonly err: Readonly<Record<string, unknown>> } {
  const lines: string[] = [];
  withShortFailures(pino({}, { write: (line: string) => void lines.push(line) })).warn({ err: error }, "a call failed");
  return JSON.parse(lines[0]!);
}

describe("withShortFailures", () => {
  it("logs what Slack refuses without a stack, which says nothing of it", () => {
    const fields = { code: "slack_webapi_platform_error", data: { error: "token_revoked" } };
    const { err } = logOf(Object.assign(new Error("An API error occurred: token_revoked"), fields));
    expect(err).toEqual({ type: "SlackRefusal", message: "token_revoked" });
  });

  it("logs neither what a proxy answered nor its headers", () => {
    const answer = { statusCode: 502, headers: { "set-cookie": "session=secret" }, body: "<html>secret</html>" };
    const { err } = logOf(Object.assign(new Error("502"), { code: "slack_webapi_http_error", ...answer }));
    expect(err).toMatchObject({ message: "502", code: "slack_webapi_http_error", status: 502 });
    expect(JSON.stringify(err)).not.toContain("secret");
  });

  it("logs everything else with its stack", () => {
    expect(logOf(new TypeError("x is not a function")).err).toMatchObject({
      type: "TypeError",
      stack: expect.stringContaining("failure-log.test.ts"),
    });
  });
});
