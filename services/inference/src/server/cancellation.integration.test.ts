import { type GenerateResponse, ModelState } from "@cria/proto";
import { Metadata, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { closeTestServers, collect, failure, generateRequest, startTestServer, until } from "./test-server.fixture.ts";

afterEach(closeTestServers);

function textOf(responses: readonly GenerateResponse[]): string {
  return responses.map(({ event }) => (event?.$case === "delta" ? event.value.text : "")).join("");
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
    await until(() => registry.loaded()[0]?.engine.load().running === 0);
    expect(passes).toBe(3);
  });

  it("at a deadline does the same", async () => {
    const { inference, registry } = await startTestServer({
      runner: { beforeRun: () => until(() => registry.leases === 0) },
    });
    const stream = inference.generate(generateRequest(), new Metadata(), { deadline: Date.now() + 200 });
    expect(await failure(collect(stream))).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await until(() => registry.leases === 0);
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
    expect(registry.loaded()[0]?.engine.load()).toMatchObject({ running: 0, waiting: 0, kvCacheUsage: 0 });
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
