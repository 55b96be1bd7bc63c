import { afterEach, describe, expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";
import { type MetricsServer, startMetricsServer } from "./metrics-server.ts";

const LOAD = {
  running: 2,
  waiting: 1,
  waitingTokens: 30,
  waitingTenants: 1,
  maxNumSeqs: 4,
  maxWaiting: 8,
  kvCacheUsage: 0.25,
};
let server: MetricsServer | undefined;

afterEach(() => server?.close());

async function start() {
  const metrics = createMetrics({ loads: () => [{ model: "m", load: LOAD }] });
  server = await startMetricsServer(metrics.registry, "127.0.0.1", 0);
  return { metrics, url: `http://127.0.0.1:${server.port}` };
}

describe("GET /metrics", () => {
  it("tells the load of the moment and the process's own figures", async () => {
    const { url } = await start();
    const response = await fetch(`${url}/metrics`);
    const text = await response.text();
    expect(response.headers.get("content-type")).toContain("text/plain");
    expect(text).toContain('cria_num_requests_running{model_name="m"} 2');
    expect(text).toContain('cria_num_requests_waiting{model_name="m"} 1');
    expect(text).toContain('cria_kv_cache_usage_perc{model_name="m"} 0.25');
    expect(text).toContain("process_resident_memory_bytes");
  });

  it("is all there is", async () => {
    const { url } = await start();
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(404);
  });
});
