import { decodeErrorDetails } from "@cria/proto";
import { status } from "@grpc/grpc-js";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { INFERENCE_ERRORS, InferenceError, type InferenceErrorCode } from "../../errors.ts";
import { CallCancelledError, DeadlineExceededError, ERROR_STATUS, errorStatus } from "./error-status.ts";

function translate(error: unknown) {
  const logged: string[] = [];
  const counted: string[] = [];
  const logger = pino({}, { write: (line) => void logged.push(line) });
  const metrics = { countFailure: (reason: string) => void counted.push(reason) };
  const result = errorStatus(error, { logger, metrics }, { rpc: "/test" });
  return { ...result, reason: decodeErrorDetails(result as never), counted, logged: logged.join("") };
}

describe("errorStatus", () => {
  it.each(Object.keys(INFERENCE_ERRORS) as InferenceErrorCode[])("gives %s its status and reason", (code) => {
    const { code: wireCode, details, reason } = translate(new InferenceError(code, "what happened"));
    const isRetryable = reason?.retryDelayMs !== undefined;
    expect({ wireCode, details, isRetryable, reason: reason?.reason }).toEqual({
      wireCode: ERROR_STATUS[code],
      details: "what happened",
      isRetryable: INFERENCE_ERRORS[code].retryable,
      reason: code,
    });
  });

  it("keeps violations, metadata and the time to wait", () => {
    const fieldViolations = [{ field: "prompt", description: "has no text" }];
    const error = new InferenceError("QUEUE_FULL", "full", {
      fieldViolations,
      metadata: { a: "b" },
      retryDelayMs: 1500,
    });
    expect(translate(error).reason).toEqual({
      reason: "QUEUE_FULL",
      fieldViolations,
      metadata: { a: "b" },
      retryDelayMs: 1500,
    });
  });

  it("keeps an unknown error's text to the log", () => {
    const { code, details, logged } = translate(new RangeError("row 3 has no sequence"));
    expect(code).toBe(status.INTERNAL);
    expect(details).not.toContain("row 3");
    expect(logged).toContain("row 3 has no sequence");
  });

  it("says nothing in the log of a caller who hung up", () => {
    expect(translate(new CallCancelledError())).toMatchObject({ code: status.CANCELLED, logged: "" });
  });

  it("tells a call whose deadline has passed so, under that name", () => {
    const late = translate(new DeadlineExceededError("late"));
    expect(late).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
      details: "late",
      counted: ["DEADLINE_EXCEEDED"],
      logged: "",
    });
  });

  it("sends text that HTTP/2 can carry, whatever the message holds", () => {
    const { details } = translate(new InferenceError("MODEL_NOT_FOUND", `\ud83d${"x".repeat(10_000)}`));
    expect(details).toHaveLength(2000);
    expect(() => encodeURI(details)).not.toThrow();
  });

  it("counts each failure under one of few names", () => {
    const errors = [new InferenceError("DRAINING", ""), new CallCancelledError(), new Error("anything")];
    expect(errors.flatMap((error) => translate(error).counted)).toEqual(["DRAINING", "CANCELLED", "INTERNAL"]);
  });
});
