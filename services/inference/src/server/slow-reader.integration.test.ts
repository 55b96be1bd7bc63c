import { EventEmitter, once } from "node:events";
import type { GenerateRequest, GenerateResponse } from "@cria/proto";
import { Metadata, type ServerWritableStream, status } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import { createMetrics } from "../observability/metrics.ts";
import { openTestRegistry, type TestRegistryOptions } from "../registry/test-registry.fixture.ts";
import { RequestGate } from "./edge/request-gate.ts";
import { createInferenceService } from "./generate.ts";
import { generateRequest, until } from "./test-server.fixture.ts";

/** A call whose reader takes nothing until "drain". */
class StalledCall extends EventEmitter {
  readonly cancelled = false;
  readonly metadata = new Metadata();
  readonly written: GenerateResponse[] = [];
  readonly request = generateRequest();
  isEnded = false;

  getDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  getPath(): string {
    return "/test/Generate";
  }

  write(message: GenerateResponse): boolean {
    this.beforeWrite(message);
    this.written.push(message);
    return false;
  }

  beforeWrite(_message: GenerateResponse): void {}

  end(): void {
    this.isEnded = true;
  }
}

let close = async () => {};
afterEach(() => close());

/** Has a request answered by a fake model, to a call whose reader is slow. */
function start(options: TestRegistryOptions = {}) {
  const opened = openTestRegistry(options);
  close = opened.close;
  const { registry } = opened;
  const metrics = createMetrics({ loads: () => [] });
  const logger = pino({ level: "silent" });
  const service = createInferenceService({ registry, metrics, logger, gate: new RequestGate() });
  const call = new StalledCall();
  service.generate(call as unknown as ServerWritableStream<GenerateRequest, GenerateResponse>);
  return { registry, call };
}

it("a reader that is slow holds neither the model nor a place in its queue once the reply is made", async () => {
  const { registry, call } = start();
  await until(() => call.written.length === 1);
  await until(() => registry.leases === 0);
  expect(call.written.map(({ event }) => event?.$case)).toEqual(["started"]);
  await until(() => {
    call.emit("drain");
    return call.isEnded;
  });
  expect(call.written.at(-1)?.event?.$case).toBe("finished");
});

it("of two failures the first is told, though what came before it cannot be sent either", async () => {
  let passes = 0;
  const beforeRun = async () => {
    if (++passes === 3) throw new Error("the device is gone");
  };
  const { registry, call } = start({ runner: { beforeRun } });
  const failure = once(call, "error");
  await until(() => call.written.length === 1);
  await until(() => registry.leases === 0);
  call.beforeWrite = () => {
    throw new Error("no message");
  };
  call.emit("drain");
  expect(await failure).toMatchObject([{ code: status.UNAVAILABLE }]);
});
