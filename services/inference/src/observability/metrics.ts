import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { EngineObserver } from "../engine/engine-observer.ts";
import type { FinishReason } from "../engine/generation.ts";
import type { GeneratorLoad } from "../generation/generator.ts";

/** From a token of a small model on a GPU to one of a large model on a laptop. */
const TOKEN_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** A decode step has a token a sequence, a chunk of prefill up to some hundreds. */
const STEP_TOKEN_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const REQUEST_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** A request that got its place. */
export interface StartedRequest {
  readonly queueTimeMs: number;
  readonly promptTokens: number;
  /** Of them, those that were not computed anew. */
  readonly cachedTokens: number;
}

/** What one request did, told as it goes; it becomes metrics labelled with the model. */
export interface RequestObserver {
  started(started: StartedRequest): void;
  /** A token was drawn. Called once a step, so it does no more than it must. */
  token(): void;
  finished(reason: FinishReason): void;
}

/** The service's Prometheus metrics: vLLM's names after `cria_`. docs/metrics.md explains each. */
export interface Metrics {
  readonly registry: Registry;
  /** `arrivedAt` as `performance.now()` tells it. */
  observeRequest(model: string, arrivedAt: number): RequestObserver;
  /** `model` owns the engine's weights. */
  observeEngine(model: string): EngineObserver;
  countFailure(reason: string): void;
}

/** Where the metrics of the moment come from when they are read. */
export interface LoadSource {
  loads(): readonly { readonly model: string; readonly load: GeneratorLoad }[];
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
    observeEngine: (model) => observeEngine(instruments, model),
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
    prefixCacheQueries: counter(
      "prefix_cache_queries_total",
      "Prompt tokens that the prefix cache was asked for.",
      labelNames,
    ),
    prefixCacheHits: counter("prefix_cache_hits_total", "Prompt tokens that it had.", labelNames),
    generationTokens: counter(
      "generation_tokens_total",
      "Tokens drawn, end-of-sequence tokens and stop strings included.",
      labelNames,
    ),
    passTime: histogram("engine_pass_seconds", "Time of a forward pass.", TOKEN_BUCKETS),
    stepTokens: histogram("iteration_tokens_total", "New tokens of an engine step.", STEP_TOKEN_BUCKETS),
    stepSequences: histogram("iteration_sequences", "Sequences of an engine step.", STEP_TOKEN_BUCKETS),
    draftTokens: counter("spec_decode_num_draft_tokens_total", "Tokens that were guessed and checked.", labelNames),
    acceptedTokens: counter("spec_decode_num_accepted_tokens_total", "Of them, those that were right.", labelNames),
    passFailures: counter(
      "engine_pass_failure_total",
      "Forward passes that failed or yielded broken logits alone.",
      labelNames,
    ),
    aborts: counter("request_abort_total", "Requests that left the engine before their reply had ended.", labelNames),
    successes: counter("request_success_total", "Replies by why they ended.", [...labelNames, "finished_reason"]),
    failures: counter("request_failure_total", "Calls of any method that failed, by reason.", ["reason"]),
  };
}

function createLoadGauges(registry: Registry, source: LoadSource): void {
  const gauge = (name: string, help: string, read: (load: GeneratorLoad) => number) =>
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
  gauge(
    "num_requests_waiting",
    "Requests that wait for a place, for the model's load or for their text to be read.",
    (load) => load.waiting,
  );
  gauge("kv_cache_usage_perc", "Part of the KV cache in use, 0 to 1.", (load) => load.kvCacheUsage);
}

/** The children of labels are looked up once, not once a step. */
function observeEngine(instruments: Instruments, model: string): EngineObserver {
  const label = { model_name: model };
  const passTime = instruments.passTime.labels(label);
  const stepTokens = instruments.stepTokens.labels(label);
  const stepSequences = instruments.stepSequences.labels(label);
  const { draftTokens, acceptedTokens, passFailures, aborts } = instruments;
  for (const counter of [draftTokens, acceptedTokens, passFailures, aborts]) counter.inc(label, 0);
  return {
    stepped(rows, passMs) {
      passTime.observe(passMs / 1e3);
      stepTokens.observe(rows.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0));
      stepSequences.observe(rows.length);
    },
    drafted(numDrafts, numAccepted) {
      draftTokens.inc(label, numDrafts);
      acceptedTokens.inc(label, numAccepted);
    },
    passFailed: () => passFailures.inc(label),
    aborted: () => aborts.inc(label),
  };
}

function observeRequest(instruments: Instruments, model: string, arrivedAt: number): RequestObserver {
  const label = { model_name: model };
  const interTokenLatency = instruments.interTokenLatency.labels(label);
  const generationTokens = instruments.generationTokens.labels(label);
  let lastTokenAt: number | undefined;
  return {
    started({ queueTimeMs, promptTokens, cachedTokens }) {
      instruments.queueTime.observe(label, queueTimeMs / 1e3);
      instruments.promptTokens.inc(label, promptTokens);
      instruments.prefixCacheQueries.inc(label, promptTokens);
      instruments.prefixCacheHits.inc(label, cachedTokens);
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
