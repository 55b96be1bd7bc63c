import type { GetLoadResponse } from "@cria/proto";
import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import type { StepPlan } from "../engine/step-plan.ts";
import { createGate } from "../gate.fixture.ts";
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

const NUM_ROWS = 4;

/** A server whose rows are all taken by one tenant's requests, that has more waiting; nothing goes on until `open`. */
async function startBusyServer({ numWaiting, text = "Hi" }: { numWaiting: number; text?: string }) {
  const [first, full] = [createGate(), createGate()];
  const beforeRun = (plan: StepPlan) => (plan.rows.length === NUM_ROWS ? full.opened : first.opened);
  const { inference, admin } = await startTestServer({ maxWaiting: 100, runner: { beforeRun } });
  const started: string[] = [];
  const generate = async (tenant: string, text = "Hi") => {
    const stream = inference.generate(generateRequest({ tenant, prompt: [{ text }], stopping: { maxTokens: 7 } }));
    stream.on("data", ({ event }) => void (event.$case === "started" && started.push(tenant)));
    return await collect(stream);
  };
  const load = async () => (await call<GetLoadResponse>((done) => admin.getLoad({}, done))).models[0];
  const numWait = async () => (await load())?.waiting;
  const numThere = async () => {
    const { running = 0, waiting = 0 } = (await load()) ?? {};
    return running + waiting;
  };
  const busy = Array.from({ length: NUM_ROWS + numWaiting }, () => generate("busy", text));
  await until(async () => (await numThere()) === NUM_ROWS + numWaiting);
  first.open();
  await until(async () => (await numWait()) === numWaiting);
  return { open: full.open, generate, started, busy, numWait };
}

describe("fair shares", () => {
  it("give the next row to a lone request, behind 50 of another tenant", async () => {
    const { open, generate, started, busy, numWait } = await startBusyServer({ numWaiting: 50 });
    const lone = generate("lone");
    await until(async () => (await numWait()) === 51);
    open();
    await lone;
    // The four that had the rows, and those that got one together with it.
    expect(started.indexOf("lone")).toBeLessThan(2 * NUM_ROWS);
    await Promise.all(busy);
    expect(started).toHaveLength(NUM_ROWS + 51);
  });

  it("push out the newest of who holds most of a full queue, with a time to try again", async () => {
    // The test's engine lets 1,000 prompt tokens wait; these are 10 each, the lone one's 51.
    const { open, generate, busy, numWait } = await startBusyServer({ numWaiting: 95, text: "x".repeat(9) });
    const refused = failure(busy.at(-1)!);
    const lone = generate("lone", "x".repeat(50));
    expect(await refused).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      message: expect.stringMatching(/^the queue is full, and this one made room for another tenant's/),
      details: { reason: "QUEUE_FULL", retryDelayMs: expect.any(Number) },
    });
    expect(await numWait()).toBe(95);
    expect((await failure(generate("busy", "x".repeat(50)))).message).toMatch(
      /^the queue is full: requests that wait for others to end 95 of/,
    );
    open();
    await Promise.all([lone, ...busy.slice(0, -1)]);
  });

  it("push out while the model loads as they do once it runs, and nobody for one of a lower priority", async () => {
    const loading = createGate();
    const { inference, registry } = await startTestServer({ maxWaiting: 2, beforeLoad: () => loading.opened });
    const generate = (tenant: string, priority: number) =>
      collect(inference.generate(generateRequest({ tenant, priority })));
    const busy = Array.from({ length: NUM_ROWS + 2 }, () => generate("busy", -1));
    expect(await failure(Promise.race([...busy, generate("lone", 0)]))).toMatchObject({
      details: { reason: "QUEUE_FULL" },
    });
    const refused = failure(Promise.race(busy));
    const lone = generate("lone", -1);
    expect(await refused).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: { reason: "QUEUE_FULL" } });
    expect(registry.get("fake").state).toBe("loading");
    loading.open();
    await lone;
    const outcomes = await Promise.allSettled(busy);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(NUM_ROWS + 1);
  });
});
