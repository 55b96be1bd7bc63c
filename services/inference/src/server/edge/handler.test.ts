import { EventEmitter } from "node:events";
import { Metadata, type ServerWritableStream, status } from "@grpc/grpc-js";
import { pino } from "pino";
import { describe, expect, it, vi } from "vitest";
import { serverStreaming } from "./handler.ts";
import { RequestGate } from "./request-gate.ts";

/** A call whose reader takes two messages at a time. */
class SlowCall extends EventEmitter {
  readonly request = {};
  readonly cancelled = false;
  readonly metadata = new Metadata();
  readonly written: number[] = [];
  isEnded = false;

  getDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  getPath(): string {
    return "/test/Count";
  }

  write(message: number): boolean {
    return this.written.push(message) % 2 === 1;
  }

  end(): void {
    this.isEnded = true;
  }
}

function start() {
  const call = new SlowCall();
  const failure = new Promise((resolve) => call.once("error", resolve));
  const gate = new RequestGate();
  const handler = serverStreaming<object, number>(
    { logger: pino({ level: "silent" }), metrics: { countFailure: () => {} }, gate },
    async (_, send) => {
      for (let message = 1; message <= 4; message++) await send(message);
    },
  );
  handler(call as unknown as ServerWritableStream<object, number>);
  return { call, gate, failure };
}

const turn = () => new Promise(setImmediate);

describe("serverStreaming", () => {
  it("waits for a slow reader", async () => {
    const { call } = start();
    await turn();
    expect(call.written).toEqual([1, 2]);
    call.emit("drain");
    await turn();
    expect(call.written).toEqual([1, 2, 3, 4]);
    expect(call.isEnded).toBe(false);
    call.emit("drain");
    await turn();
    expect(call.isEnded).toBe(true);
  });

  it("waits no longer for a reader who hung up", async () => {
    const { call, failure } = start();
    await turn();
    call.emit("cancelled");
    expect(await failure).toMatchObject({ details: "the caller hung up" });
    expect(call.written).toEqual([1, 2]);
  });

  it("gives up a reader that takes nothing for a minute", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { call, failure } = start();
    await vi.advanceTimersByTimeAsync(59_999);
    call.emit("drain");
    await vi.advanceTimersByTimeAsync(59_999);
    expect(call.written).toEqual([1, 2, 3, 4]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await failure).toMatchObject({ code: status.CANCELLED, details: "the caller read nothing for 60 s" });
    vi.useRealTimers();
  });

  it("waits no longer for a reader when a drain's time is over", async () => {
    const { gate, failure } = start();
    await turn();
    await gate.drain(0);
    expect(await failure).toMatchObject({ details: expect.stringContaining("shutting down") });
  });
});
