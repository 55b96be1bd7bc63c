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

  it("logs everything else with its stack", () => {
    expect(logOf(new TypeError("x is not a function")).err).toMatchObject({
      type: "TypeError",
      stack: expect.stringContaining("failure-log.test.ts"),
    });
  });
});
