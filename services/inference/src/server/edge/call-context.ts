import { type Deadline, type Metadata, ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import { CallCancelledError, DeadlineExceededError } from "./error-status.ts";

/** What a handler knows of its call beside the request. */
export interface CallContext {
  /** Aborts when the caller hangs up, its deadline passes or a drain's time is over. */
  readonly signal: AbortSignal;
  /** When the caller gives up, as `Date.now()` tells it; Infinity if it never does. */
  readonly deadline: number;
  readonly metadata: Metadata;
}

/** What of a grpc-js call a context is made of. */
export interface CancellableCall {
  readonly cancelled: boolean;
  readonly metadata: Metadata;
  getDeadline(): Deadline;
  on(event: "cancelled", listener: () => void): unknown;
}

/** @throws CallCancelledError when nobody waits for the answer any more, DeadlineExceededError when its deadline has passed */
export function callContext(call: CancellableCall): CallContext {
  const deadline = Number(call.getDeadline());
  if (call.cancelled) throw new CallCancelledError("the caller hung up");
  if (deadline <= Date.now()) throw new DeadlineExceededError("the call's deadline has passed");
  const controller = new AbortController();
  call.on("cancelled", () => controller.abort(whyCancelled(deadline)));
  return { signal: controller.signal, deadline, metadata: call.metadata };
}

function whyCancelled(deadline: number): CallCancelledError {
  if (deadline > Date.now()) return new CallCancelledError("the caller hung up");
  return new DeadlineExceededError("the call's deadline passed");
}

/**
 * Ends calls that are cancelled before they reach their handler. By itself grpc-js tells only a handler that runs already,
 * and starts one for a call whose end it has told nobody; behind any interceptor, even one that does nothing, it does not.
 */
export const endCancelledCalls: ServerInterceptor = (_, call) => new ServerInterceptingCall(call);
