import { once } from "node:events";
import type { handleServerStreamingCall, handleUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import { CallCancelledError, errorStatus, type FailureSink } from "./error-status.ts";
import type { RequestGate } from "./request-gate.ts";
import { MalformedRequest } from "./strict-decoding.ts";

/** What every handler shares. */
export interface Edge extends FailureSink {
  readonly gate: RequestGate;
}

/** Longer ones are refused; what is wrong with them is told without them. */
const MAX_LOGGED_ID_LENGTH = 128;

/** Sends one message of a stream; resolves when the client has room for the next. */
export type Send<T> = (message: T) => Promise<void> | undefined;

/** A grpc-js handler of a function from request to response. The signal aborts when the caller hangs up. */
export function unary<Request, Response>(
  edge: Edge,
  handle: (request: Request, signal: AbortSignal) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      callback(null, await handle(wellFormed(call.request), cancellation(call)));
    } catch (error) {
      callback(errorStatus(error, edge, bindings(call)));
    }
  };
}

/**
 * A grpc-js handler of a function that sends its responses, refused while the service drains. The signal aborts when the
 * caller hangs up, its deadline passes or a drain's time is over.
 */
export function serverStreaming<Request, Response>(
  edge: Edge,
  handle: (request: Request, send: Send<Response>, signal: AbortSignal) => Promise<void>,
): handleServerStreamingCall<Request, Response> {
  return async (call) => {
    try {
      await edge.gate.run(cancellation(call), (signal) => {
        const send = (message: Response) => (call.write(message) ? undefined : drained(call, signal));
        return handle(wellFormed(call.request), send, signal);
      });
      call.end();
    } catch (error) {
      call.emit("error", errorStatus(error, edge, bindings(call)));
    }
  };
}

function bindings(call: { getPath(): string; readonly request: unknown }) {
  const { requestId } = call.request as { readonly requestId?: string };
  return { rpc: call.getPath(), ...(requestId && { requestId: requestId.slice(0, MAX_LOGGED_ID_LENGTH) }) };
}

function wellFormed<Request>(request: Request): Request {
  if (request instanceof MalformedRequest) throw request.error;
  return request;
}

function cancellation(call: { on(event: "cancelled", listener: () => void): unknown }): AbortSignal {
  const controller = new AbortController();
  call.on("cancelled", () => controller.abort(new CallCancelledError("the caller hung up")));
  return controller.signal;
}

async function drained(call: ServerWritableStream<unknown, unknown>, signal: AbortSignal): Promise<void> {
  try {
    await once(call, "drain", { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
