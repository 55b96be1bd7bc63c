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

  it("counts the prompt tokens that the prefix cache was asked for and had", async () => {
    const { registry, observeRequest } = metrics();
    observeRequest("m", 0).started({ queueTimeMs: 1, promptTokens: 50, cachedTokens: 0 });
    observeRequest("m", 0).started({ queueTimeMs: 1, promptTokens: 70, cachedTokens: 64 });
    const text = await registry.metrics();
    expect(text).toContain('cria_prefix_cache_queries_total{model_name="m"} 120\n');
    expect(text).toContain('cria_prefix_cache_hits_total{model_name="m"} 64\n');
  });

  it("tells an engine's steps, and what went wrong", async () => {
    const { registry, observeEngine } = metrics();
    const observer = observeEngine("m");
    const rows = [0, 1].map((row) => ({ row, numComputedTokens: 4, tokenIds: [7], numLogits: 1 }));
    observer.stepped(rows, 20);
    observer.stepped([{ ...rows[0]!, tokenIds: [1, 2, 3] }], 30);
    observer.drafted(4, 3);
    observer.drafted(2, 0);
    observer.passFailed();
    observer.aborted();
    observer.aborted();
    const text = await registry.metrics();
    expect(text).toContain('cria_engine_pass_seconds_sum{model_name="m"} 0.05\n');
    expect(text).toContain('cria_iteration_tokens_total_sum{model_name="m"} 5\n');
    expect(text).toContain('cria_iteration_sequences_sum{model_name="m"} 3\n');
    expect(text).toContain('cria_spec_decode_num_draft_tokens_total{model_name="m"} 6\n');
    expect(text).toContain('cria_spec_decode_num_accepted_tokens_total{model_name="m"} 3\n');
    expect(text).toContain('cria_engine_pass_failure_total{model_name="m"} 1\n');
    expect(text).toContain('cria_request_abort_total{model_name="m"} 2\n');
  });

  it("has an engine's counters from the start", async () => {
    const { registry, observeEngine } = metrics();
    observeEngine("m");
    const text = await registry.metrics();
    for (const name of [
      "engine_pass_failure",
      "request_abort",
      "spec_decode_num_draft_tokens",
      "spec_decode_num_accepted_tokens",
    ])
      expect(text).toContain(`cria_${name}_total{model_name="m"} 0\n`);
  });

  it("forgets the load of models that are gone", async () => {
    const load = {
      running: 1,
      waiting: 0,
      waitingTokens: 0,
      waitingTenants: 1,
      maxNumSeqs: 1,
      maxWaiting: 1,
      kvCacheUsage: 0,
    };
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
