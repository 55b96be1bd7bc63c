import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMetrics } from "./metrics.ts";

const metrics = () => createMetrics({ loads: () => [] });

describe("createMetrics", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  it("times the first token from the arrival and the others from the one before", async () => {
    const { registry, observeRequest } = metrics();
    const observer = observeRequest("m", performance.now());
    for (const ms of [300, 40, 30]) {
      vi.advanceTimersByTime(ms);
      observer.token();
    }
    const text = await registry.metrics();
    expect(text).toContain('cria_time_to_first_token_seconds_sum{model_name="m"} 0.3\n');
    expect(text).toMatch(/cria_inter_token_latency_seconds_sum\{model_name="m"\} 0\.07\d*\n/);
    expect(text).toContain('cria_inter_token_latency_seconds_count{model_name="m"} 2\n');
    expect(text).toContain('cria_generation_tokens_total{model_name="m"} 3\n');
  });

  it("forgets the load of models that are gone", async () => {
    const load = { running: 1, waiting: 0, waitingTokens: 0, maxNumSeqs: 1, maxWaiting: 1, kvCacheUsage: 0 };
    let loads = [{ model: "m", load }];
    const { registry } = createMetrics({ loads: () => loads });
    expect(await registry.metrics()).toContain('cria_num_requests_running{model_name="m"} 1');
    loads = [];
    expect(await registry.metrics()).not.toContain("cria_num_requests_running{");
  });
});

describe("docs/metrics.md", () => {
  it("tells every metric with its type and labels, and no other", async () => {
    const page = readFileSync(new URL("../../../../docs/metrics.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `(cria_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => `${name} ${type}`);
    const existing = (await metrics().registry.getMetricsAsJSON())
      .filter(({ name }) => name.startsWith("cria_"))
      .map(({ name, type }) => `${name} ${type}`);
    expect(rows.sort()).toEqual(existing.sort());
  });
});
