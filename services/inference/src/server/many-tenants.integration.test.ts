import type { GetLoadResponse } from "@cria/proto";
import { afterEach, expect, it } from "vitest";
import { call, closeTestServers, collect, generateRequest, startTestServer, until } from "./test-server.fixture.ts";

afterEach(closeTestServers);

const NUM_TENANTS = 10_000;
/** Calls in flight, of which four run and the others wait. */
const NUM_CALLERS = 100;
/** Half a minute on two busy cores. */
const TIMEOUT_MS = 180_000;

it(
  "ten thousand tenants with a request each are all answered, and leave nothing behind",
  async () => {
    const { inference, admin, registry } = await startTestServer({ maxWaiting: 2 * NUM_CALLERS });
    let next = 0;
    let numAnswered = 0;
    const callInTurn = async () => {
      while (next < NUM_TENANTS) {
        const request = generateRequest({ tenant: `tenant ${next++}`, stopping: { maxTokens: 1 } });
        const responses = await collect(inference.generate(request));
        if (responses.at(-1)?.event?.$case === "finished") numAnswered++;
      }
    };
    await Promise.all(Array.from({ length: NUM_CALLERS }, callInTurn));
    expect(numAnswered).toBe(NUM_TENANTS);
    await until(() => registry.leases === 0);
    expect(registry.loads()[0]!.load).toMatchObject({
      running: 0,
      waiting: 0,
      waitingTokens: 0,
      waitingTenants: 0,
      kvCacheUsage: 0,
    });
    const { models } = await call<GetLoadResponse>((done) => admin.getLoad({}, done));
    expect(models).toMatchObject([{ running: 0, waiting: 0 }]);
  },
  TIMEOUT_MS,
);
