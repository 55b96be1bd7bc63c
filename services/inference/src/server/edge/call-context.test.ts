import { EventEmitter } from "node:events";
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, it, vi } from "vitest";
import { callContext } from "./call-context.ts";
import { CallCancelledError, DeadlineExceededError } from "./error-status.ts";

const NEVER = Number.POSITIVE_INFINITY;

function startCall({ cancelled = false, deadline = NEVER as number | Date } = {}) {
  return Object.assign(new EventEmitter(), { cancelled, metadata: new Metadata(), getDeadline: () => deadline });
}

describe("callContext", () => {
  it("aborts when the caller hangs up", () => {
    const call = startCall();
    const { signal, deadline, metadata } = callContext(call);
    expect({ deadline, metadata, aborted: signal.aborted }).toEqual({
      deadline: NEVER,
      metadata: call.metadata,
      aborted: false,
    });
    call.emit("cancelled");
    expect(signal.reason).toBeInstanceOf(CallCancelledError);
  });

  it("tells a deadline that passes from a caller that hangs up", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000 });
    const call = startCall({ deadline: 1_500 });
    const { signal } = callContext(call);
    vi.setSystemTime(1_500);
    call.emit("cancelled");
    vi.useRealTimers();
    expect(signal.reason).toEqual(new DeadlineExceededError("the call's deadline passed"));
  });

  it("is not given to a call that is cancelled already", () => {
    expect(() => callContext(startCall({ cancelled: true }))).toThrow(new CallCancelledError("the caller hung up"));
  });

  it("is not given to a call whose deadline has passed", () => {
    const late = new DeadlineExceededError("the call's deadline has passed");
    expect(() => callContext(startCall({ deadline: Date.now() }))).toThrow(DeadlineExceededError);
    expect(() => callContext(startCall({ deadline: Date.now() }))).toThrow(late);
    expect(() => callContext(startCall({ deadline: new Date(Date.now() - 1) }))).toThrow(late);
    const inTime = Date.now() + 60_000;
    expect(callContext(startCall({ deadline: inTime })).deadline).toBe(inTime);
  });
});
