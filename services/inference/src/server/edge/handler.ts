import { once } from "node:events";
import type { handleServerStreamingCall, handleUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import { type CallContext, callContext } from "./call-context.ts";
import { CallCancelledError, errorStatus, type FailureSink } from "./error-status.ts";
import type { RequestGate } from "./request-gate.ts";
import { MalformedRequest } from "./strict-decoding.ts";

/** What every handler shares. */
export interface Edge extends FailureSink {
  readonly gate: RequestGate;
}

/** Longer ones are refused; what is wrong with them is told without them. */
const MAX_LOGGED_ID_LENGTH = 128;

/**
 * A reader that takes nothing for this long is given up: what was made for it is held in memory no longer. Its stream stays
 * until it or its connection goes: grpc-js sends a status behind what is not read, and lets nobody reset a stream.
 */
const MAX_STALL_MS = 60_000;

/** Sends one message of a stream; resolves when the client has room for the next. */
export type Send<T> = (message: T) => Promise<void> | undefined;

/** A grpc-js handler of a function from request to response. */
export function unary<Request, Response>(
  edge: Edge,
  handle: (request: Request, context: CallContext) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return async (call, callback) => {
    try {
      callback(null, await handle(wellFormed(call.request), callContext(call)));
    } catch (error) {
      callback(errorStatus(error, edge, bindings(call)));
    }
  };
}

/** A grpc-js handler of a function that sends its responses, refused while the service drains. */
export function serverStreaming<Request, Response>(
  edge: Edge,
  handle: (request: Request, send: Send<Response>, context: CallContext) => Promise<void>,
): handleServerStreamingCall<Request, Response> {
  return async (call) => {
    try {
      const context = callContext(call);
      await edge.gate.run(context.signal, (signal) => {
        const send = (message: Response) => (call.write(message) ? undefined : drained(call, signal));
        return handle(wellFormed(call.request), send, { ...context, signal });
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

/** @throws CallCancelledError when the client takes nothing for a minute; the signal's reason when it aborts */
async function drained(call: ServerWritableStream<unknown, unknown>, signal: AbortSignal): Promise<void> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), MAX_STALL_MS);
  try {
    await once(call, "drain", { signal: AbortSignal.any([signal, stalled.signal]) });
  } catch (error) {
    signal.throwIfAborted();
    if (stalled.signal.aborted) throw new CallCancelledError(`the caller read nothing for ${MAX_STALL_MS / 1e3} s`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
