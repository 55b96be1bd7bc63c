import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { FinishReason } from "../engine/generation.ts";
import type { EngineLoad } from "../inference-engine.ts";

/** From a token of a small model on a GPU to one of a large model on a laptop. */
const TOKEN_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const REQUEST_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** What one request did, told as it goes; it becomes metrics labelled with the model. */
export interface RequestObserver {
  started(queueTimeMs: number, promptTokens: number): void;
  /** A token was drawn. Called once a step, so it does no more than it must. */
  token(): void;
  finished(reason: FinishReason): void;
}

/** The service's Prometheus metrics: vLLM's names after `cria_`. docs/metrics.md explains each. */
export interface Metrics {
  readonly registry: Registry;
  /** `arrivedAt` as `performance.now()` tells it. */
  observeRequest(model: string, arrivedAt: number): RequestObserver;
  countFailure(reason: string): void;
}

/** Where the metrics of the moment come from when they are read. */
export interface LoadSource {
  loads(): readonly { readonly model: string; readonly load: EngineLoad }[];
}

/** Metrics in a registry of their own. */
export function createMetrics(source: LoadSource): Metrics {
  const registry = new Registry();
  const instruments = createInstruments(registry);
  createLoadGauges(registry, source);
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    observeRequest: (model, arrivedAt) => observeRequest(instruments, model, arrivedAt),
    countFailure: (reason) => instruments.failures.inc({ reason }),
  };
}

type Instruments = ReturnType<typeof createInstruments>;

function createInstruments(registry: Registry) {
  const registers = [registry];
  const labelNames = ["model_name"] as const;
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `cria_${name}`, help, buckets, labelNames, registers });
  const counter = <Label extends string>(name: string, help: string, labels: readonly Label[]) =>
    new Counter({ name: `cria_${name}`, help, labelNames: labels, registers });
  return {
    timeToFirstToken: histogram(
      "time_to_first_token_seconds",
      "Arrival to first token, queue and model load included.",
      REQUEST_BUCKETS,
    ),
    interTokenLatency: histogram(
      "inter_token_latency_seconds",
      "Time between the tokens of a reply, as they are drawn.",
      TOKEN_BUCKETS,
    ),
    e2eLatency: histogram("e2e_request_latency_seconds", "Arrival to the end of the reply.", REQUEST_BUCKETS),
    queueTime: histogram("request_queue_time_seconds", "Wait for a place in the engine.", REQUEST_BUCKETS),
    promptTokens: counter("prompt_tokens_total", "Prompt tokens of requests that got a place.", labelNames),
    generationTokens: counter(
      "generation_tokens_total",
      "Tokens drawn, end-of-sequence tokens and stop strings included.",
      labelNames,
    ),
    successes: counter("request_success_total", "Replies by why they ended.", [...labelNames, "finished_reason"]),
    failures: counter("request_failure_total", "Calls of any method that failed, by reason.", ["reason"]),
  };
}

function createLoadGauges(registry: Registry, source: LoadSource): void {
  const gauge = (name: string, help: string, read: (load: EngineLoad) => number) =>
    new Gauge({
      name: `cria_${name}`,
      help,
      labelNames: ["model_name"],
      registers: [registry],
      collect() {
        this.reset();
        for (const { model, load } of source.loads()) this.set({ model_name: model }, read(load));
      },
    });
  gauge("num_requests_running", "Sequences in prefill or decode.", (load) => load.running);
  gauge("num_requests_waiting", "Requests that wait for a place.", (load) => load.waiting);
  gauge("kv_cache_usage_perc", "Part of the KV cache in use, 0 to 1.", (load) => load.kvCacheUsage);
}

function observeRequest(instruments: Instruments, model: string, arrivedAt: number): RequestObserver {
  const label = { model_name: model };
  const interTokenLatency = instruments.interTokenLatency.labels(label);
  const generationTokens = instruments.generationTokens.labels(label);
  let lastTokenAt: number | undefined;
  return {
    started(queueTimeMs, promptTokens) {
      instruments.queueTime.observe(label, queueTimeMs / 1e3);
      instruments.promptTokens.inc(label, promptTokens);
    },
    token() {
      const now = performance.now();
      if (lastTokenAt === undefined) instruments.timeToFirstToken.observe(label, (now - arrivedAt) / 1e3);
      else interTokenLatency.observe((now - lastTokenAt) / 1e3);
      lastTokenAt = now;
      generationTokens.inc();
    },
    finished(reason) {
      instruments.e2eLatency.observe(label, (performance.now() - arrivedAt) / 1e3);
      instruments.successes.inc({ ...label, finished_reason: reason });
    },
  };
}
