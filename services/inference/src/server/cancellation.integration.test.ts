import { once } from "node:events";
import { connect } from "node:http2";
import {
  CountTokensRequest,
  GenerateRequest,
  type GenerateResponse,
  InferenceServiceClient,
  InferenceServiceService,
  ModelState,
} from "@cria/proto";
import { type ClientUnaryCall, credentials, Metadata, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { CallCancelledError } from "./edge/error-status.ts";
import {
  call,
  closeTestServers,
  collect,
  failure,
  generateRequest,
  startTestServer,
  until,
} from "./test-server.fixture.ts";

afterEach(closeTestServers);

function textOf(responses: readonly GenerateResponse[]): string {
  return responses.map(({ event }) => (event?.$case === "delta" ? event.value.text : "")).join("");
}

/** A connection of its own: nghttp2 ends one on which a thousand calls are cancelled at once (CVE-2023-44487). */
async function connectAlone(address: string): Promise<InferenceServiceClient> {
  const client = new InferenceServiceClient(address, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  await new Promise<void>((resolve, reject) => {
    client.waitForReady(Number.POSITIVE_INFINITY, (error) => (error ? reject(error) : resolve()));
  });
  return client;
}

describe("hanging up", () => {
  it("frees the place before the next step", async () => {
    let passes = 0;
    let hangUp = () => {};
    const beforeRun = async () => {
      if (++passes !== 3) return;
      hangUp();
      await until(() => registry.leases === 0);
    };
    const { inference, registry } = await startTestServer({ reply: "x y z ".repeat(9), runner: { beforeRun } });
    const stream = inference.generate(generateRequest({ stopping: { maxTokens: 40 } }));
    hangUp = () => stream.cancel();
    expect(await failure(collect(stream))).toMatchObject({ code: status.CANCELLED });
    await until(() => registry.loads()[0]?.load.running === 0);
    expect(passes).toBe(3);
  });

  it("at a deadline does the same", async () => {
    let passes = 0;
    const beforeRun = () => {
      passes++;
      return until(() => registry.leases === 0);
    };
    const { inference, registry } = await startTestServer({ runner: { beforeRun } });
    // On a slow machine a call may not come as far as to a pass: the next one has more time.
    for (let timeMs = 50; passes === 0; timeMs *= 2) {
      const stream = inference.generate(generateRequest(), new Metadata(), { deadline: Date.now() + timeMs });
      expect(await failure(collect(stream))).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    }
    await until(() => registry.leases === 0);
    await until(() => registry.loads()[0]?.load.running === 0);
    expect(passes).toBe(1);
  });

  it("leaves nothing behind, by whichever way and however early calls end", async () => {
    let isHeld = false;
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    // A request whose end nobody heard would keep its claim for as long as the pass is held.
    const beforeRun = () => (isHeld ? held : undefined);
    const { address, inference, registry } = await startTestServer({ maxWaiting: 2_000, runner: { beforeRun } });
    await collect(inference.generate(generateRequest()));
    isHeld = true;
    for (let round = 0; round < 20; round++) {
      const client = await connectAlone(address);
      const late = Array.from({ length: 75 }, (_, index) => {
        const deadline = Date.now() + 1 + (index % 5);
        return failure(collect(client.generate(generateRequest(), new Metadata(), { deadline })));
      });
      const streams = Array.from({ length: 25 }, () => client.generate(generateRequest()));
      const cancelled = streams.map((stream) => failure(collect(stream)));
      const [early, ...held] = streams;
      // In the tick in which it is made its cancellation would not be sent (findings/grpc-js-cancel-at-once-is-not-sent.sh).
      setImmediate(() => early!.cancel());
      // However slow the machine is, these hold leases when they hang up.
      await until(() => registry.leases >= held.length);
      for (const stream of held) stream.cancel();
      for (const { code } of await Promise.all(cancelled)) expect(code).toBe(status.CANCELLED);
      for (const { code } of await Promise.all(late)) expect(code).toBe(status.DEADLINE_EXCEEDED);
      await until(() => registry.leases === 0);
      client.close();
    }
    letGo();
    const load = () => registry.loads()[0]?.load;
    await until(() => load()?.running === 0);
    expect(load()).toMatchObject({ running: 0, waiting: 0, kvCacheUsage: 0 });
  });

  it("before the request has come whole starts no work", async () => {
    const { address, inference, logged } = await startTestServer();
    const session = connect(`http://${address}`);
    const stream = session.request({
      ":method": "POST",
      ":path": InferenceServiceService.generate.path,
      "content-type": "application/grpc",
      te: "trailers",
      "grpc-timeout": "1m",
    });
    const body = GenerateRequest.encode(generateRequest({ requestId: "late" })).finish();
    const head = Buffer.alloc(5);
    head.writeUInt32BE(body.length, 1);
    stream.write(Buffer.concat([head, body]));
    const [headers] = await once(stream, "response");
    expect(headers["grpc-status"]).toBe(`${status.DEADLINE_EXCEEDED}`);
    stream.end();
    // What was sent before a ping has been read before its answer.
    await new Promise<void>((resolve) => session.ping(() => resolve()));
    session.close();
    await collect(inference.generate(generateRequest({ requestId: "in time" })));
    expect(logged.join("")).toContain('"requestId":"in time"');
    expect(logged.join("")).not.toContain('"requestId":"late"');
  });

  it("of half of fifty requests leaves the other half whole", async () => {
    const { inference, registry } = await startTestServer({ maxWaiting: 50, reply: "a b c d e f" });
    const replies = Array.from({ length: 50 }, (_, index) => {
      const stream = inference.generate(generateRequest({ prompt: [{ text: `${index}` }] }));
      const reply = collect(stream).then(textOf);
      if (index % 2 === 1) stream.once("data", () => stream.cancel());
      return reply;
    });
    const results = await Promise.allSettled(replies);
    const whole = results.filter((result, index) => index % 2 === 0 && result.status === "fulfilled");
    expect(whole).toEqual(Array(25).fill({ status: "fulfilled", value: "a b c d e f" }));
    await until(() => registry.leases === 0);
    expect(registry.loads()[0]?.load).toMatchObject({ running: 0, waiting: 0, kvCacheUsage: 0 });
  });

  it("ends a count of tokens", async () => {
    const { inference, registry } = await startTestServer();
    let isCounting = false;
    let reason: unknown;
    registry.countTokens = (_name, _segments, signal) => {
      isCounting = true;
      return new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          reason = signal.reason;
          reject(reason);
        });
      });
    };
    let counting: ClientUnaryCall | undefined;
    const request = CountTokensRequest.fromPartial({ model: "fake", prompt: [{ text: "Hi" }] });
    const gaveUp = failure(
      call((done) => {
        counting = inference.countTokens(request, done);
        return counting;
      }),
    );
    await until(() => isCounting);
    counting?.cancel();
    expect(await gaveUp).toMatchObject({ code: status.CANCELLED });
    await until(() => reason !== undefined);
    expect(reason).toBeInstanceOf(CallCancelledError);
  });

  it("from a load leaves the others' load alone", async () => {
    let finishLoad = () => {};
    let loads = 0;
    const beforeLoad = () => {
      loads++;
      return new Promise<void>((resolve) => {
        finishLoad = resolve;
      });
    };
    const { models } = await startTestServer({ beforeLoad });
    const impatient = models.loadModel({ name: "fake" });
    const gaveUp = failure(collect(impatient));
    const patient = collect(models.loadModel({ name: "fake" }));
    await until(() => loads === 1);
    impatient.cancel();
    expect(await gaveUp).toMatchObject({ code: status.CANCELLED });
    finishLoad();
    expect((await patient).at(-1)?.model?.state).toBe(ModelState.LOADED);
    expect(loads).toBe(1);
  });
});
