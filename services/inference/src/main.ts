import { totalmem } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { setLogger as setGrpcLogger } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { type Config, ConfigError, isLoopback, loadConfig } from "./config.ts";
import { InferenceError } from "./errors.ts";
import { engineModel } from "./generation/engine-model.ts";
import type { Generator } from "./generation/generator.ts";
import { InferenceEngine } from "./generation/inference-engine.ts";
import { createLocalGenerator } from "./generation/local-generator.ts";
import type { ModelWeights } from "./model-folder/model-folder.ts";
import { createLogger } from "./observability/logger.ts";
import { createMetrics, type Metrics } from "./observability/metrics.ts";
import { startMetricsServer } from "./observability/metrics-server.ts";
import { createModelRegistry, type ModelRegistry } from "./registry/model-registry.ts";
import { nearestHint, nearestNames } from "./registry/nearest-names.ts";
import type { GeneratorParts, PlacedModelRunner } from "./registry/weights/load-weights.ts";
import type { MemoryPlan } from "./registry/weights/memory-plan.ts";
import { BlockStore } from "./runtime/block-store.ts";
import { DeviceMutex } from "./runtime/device-mutex.ts";
import { MAX_PROMPT_BYTES } from "./server/edge/validate-request.ts";
import { startServer } from "./server/server.ts";
import { stopSignal } from "./stop-signal.ts";

/** For supervisors: there is no use in starting again until something is changed. README.md lists the codes. */
const EXIT_CONFIG = 2;
const EXIT_PORT = 3;
/** Replies in flight at SIGTERM: who wants to give them longer calls AdminService.Drain first. */
const SHUTDOWN_GRACE_MS = 500;

/** For models to be freed: a pass in flight may take longer, and one whose device another model's load has. */
const FREE_MS = 250;

/** For the process to end by itself. */
const EXIT_MS = 50;

/** A token of prose has four or five bytes; a prompt comes with droppable text of several times what its context holds. */
const BYTES_PER_WAITING_TOKEN = 16;

/** A start that failed for a reason that one line explains. */
class StartError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

try {
  await run(readConfig());
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(error.message);
  process.exit(error.exitCode);
}

function readConfig(): Config {
  try {
    return loadConfig(process.env, Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY));
  } catch (error) {
    if (error instanceof ConfigError) throw new StartError(error.message, EXIT_CONFIG);
    throw error;
  }
}

/** Serves until SIGTERM or SIGINT. */
async function run(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  setGrpcLogger({ error: (message: string) => logger.debug({ from: "grpc-js" }, message) });
  const stopped = stopSignal(process);
  const maxNumSeqs = await maxNumSeqsOn(config, logger);
  const metrics = createMetrics({
    loads: () => registry.loads().map(({ description, load }) => ({ model: description.name, load })),
  });
  const blockStore = config.prefixCacheBytes === undefined ? undefined : new BlockStore(config.prefixCacheBytes);
  const registry = openRegistry({ ...config, maxNumSeqs }, blockStore, metrics, logger);
  const server = await listenAt(config.host, config.port, "CRIA_PORT", () =>
    startServer({ ...config, registry, blockStore, metrics, logger }),
  );
  const metricsServer = await startMetrics(config, metrics.registry);
  announce(config, logger, { port: server.port, metricsPort: metricsServer?.port });
  const model = defaultModel(config, registry, logger);
  if (config.preload) void preload(registry, model, logger);

  const signal = await stopped;
  logger.info({ signal }, "stopping");
  metricsServer?.close();
  await server.close(SHUTDOWN_GRACE_MS);
  await atMost(FREE_MS, registry.close());
  logger.info("stopped");
  endThough(signal);
}

/** Waits for the work, but no longer. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  await Promise.race([work, wait(ms, undefined, { signal: timer.signal })]);
  timer.abort();
}

/**
 * A load or pass in flight cannot be cut short, and even `process.exit` would wait for it: the process then ends as it would have
 * without anyone minding the signal. Without one, nothing holds it any more.
 */
function endThough(signal: NodeJS.Signals): void {
  setTimeout(() => process.kill(process.pid, signal), EXIT_MS).unref();
}

/**
 * Sequences that may run at once on the device. Models load at their first use, but a device that is not there is told at the
 * start. The CPU always is.
 */
async function maxNumSeqsOn({ device, maxNumSeqs }: Config, logger: Logger): Promise<number> {
  if (device === "cpu") return maxNumSeqs;
  const { mostRows, requireDevice } = await import("./runtime/ort/execution-provider.ts");
  try {
    const most = mostRows(requireDevice(device));
    if (most < maxNumSeqs)
      logger.info(
        `a model on ${device} runs ${most} sequence at a time; CRIA_MAX_NUM_SEQS=${maxNumSeqs} is for the CPU`,
      );
    return Math.min(most, maxNumSeqs);
  } catch (error) {
    if (error instanceof InferenceError) throw new StartError(`CRIA_DEVICES: ${error.message}`, EXIT_CONFIG);
    throw error;
  }
}

function openRegistry(
  config: Config,
  blockStore: BlockStore | undefined,
  metrics: Metrics,
  logger: Logger,
): ModelRegistry {
  const mutex = new DeviceMutex();
  return createModelRegistry({
    modelsDir: config.modelsDir,
    defaultModel: config.defaultModel,
    maxModelLen: config.maxModelLen,
    memoryLimitBytes: config.modelMemoryBytes,
    maxNumSeqs: config.maxNumSeqs,
    keepAliveMs: config.keepAliveMs,
    maxWaiting: config.maxWaiting,
    // Beside the longest text there may be, so that one alone keeps nobody out.
    maxWaitingBytes: config.maxWaitingTokens * BYTES_PER_WAITING_TOKEN + MAX_PROMPT_BYTES,
    observer: {
      loaded: (folder, loadTimeMs, maxNumSeqs) => {
        logger.info({ folder, loadTimeMs: Math.round(loadTimeMs), maxNumSeqs }, "model loaded");
        if (maxNumSeqs < config.maxNumSeqs) logger.info(fewerSequences(folder, maxNumSeqs, config));
      },
      unloaded: (folder) => logger.info({ folder }, "model unloaded"),
      failed: (folder, err) => logger.error({ folder, err }, "model failed"),
    },
    loadRunner: (weights, plan) => loadRunner(config, { mutex, blockStore }, weights, plan),
    createGenerator: (parts) => createGenerator(config, metrics, parts),
  });
}

function createGenerator(config: Config, metrics: Metrics, { name, runner, tokenizer }: GeneratorParts): Generator {
  const { maxWaiting, maxWaitingTokens, itlTargetMs, promptLookup } = config;
  const limits = { maxWaiting, maxWaitingTokens, itlTargetMs, promptLookup };
  const observer = metrics.observeEngine(name);
  const engine = new InferenceEngine({ runner, model: engineModel(tokenizer), observer, ...limits });
  return createLocalGenerator({ tokenizer, engine });
}

/** What all models of the process have in common. */
interface SharedByModels {
  readonly mutex: DeviceMutex;
  /** Undefined for no prefix cache. */
  readonly blockStore: BlockStore | undefined;
}

async function loadRunner(
  config: Config,
  { mutex, blockStore: store }: SharedByModels,
  { file, names, folder, revision }: ModelWeights,
  plan: MemoryPlan,
): Promise<PlacedModelRunner> {
  // The native libraries take a moment, and a service that listens can say so.
  const { loadOnnxModelRunner } = await import("./runtime/onnx-model-runner.ts");
  const { maxNumSeqs, maxModelLen } = plan;
  const { device, threads: numThreads } = config;
  const blocks = store && { store, revision: `${folder}@${revision}` };
  return loadOnnxModelRunner({ graphFile: file, names, maxModelLen, maxNumSeqs, device, mutex, blocks, numThreads });
}

function fewerSequences(folder: string, maxNumSeqs: number, config: Config): string {
  return (
    `${folder} runs ${maxNumSeqs} sequences at once, not ${config.maxNumSeqs}: more of its KV cache would not fit into half of ` +
    "CRIA_MEMORY, or into what its weights leave. Raise it or lower CRIA_MAX_MODEL_LEN"
  );
}

async function startMetrics({ metricsPort, host }: Config, registry: Parameters<typeof startMetricsServer>[0]) {
  if (metricsPort === undefined) return undefined;
  return await listenAt(host, metricsPort, "CRIA_METRICS_PORT", () => startMetricsServer(registry, host, metricsPort));
}

/** Tells in one line of a place that cannot be listened at. */
async function listenAt<T>(host: string, port: number, variable: string, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    const reason = String(error);
    if (reason.includes("EADDRINUSE"))
      throw new StartError(
        `port ${port} of ${host} is taken: stop what uses it or set ${variable} to another`,
        EXIT_PORT,
      );
    if (/EADDRNOTAVAIL|EACCES|ENOTFOUND|Name resolution failed/.test(reason))
      throw new StartError(`cannot listen at ${host}, port ${port} (${variable}, CRIA_HOST): ${reason}`, EXIT_PORT);
    throw error;
  }
}

function announce(config: Config, logger: Logger, ports: { port: number; metricsPort: number | undefined }): void {
  const { host, modelsDir, device, token } = config;
  logger.info({ host, ...ports, modelsDir, device }, `listening on ${host}:${ports.port}`);
  if (token === undefined && !isLoopback(host))
    logger.warn(`${host} can be reached by other machines and no CRIA_TOKEN is set: anyone there may use the service`);
}

/** The model for those who name none. Warns where it is not the one that was named. */
function defaultModel({ defaultModel: named, modelsDir }: Config, registry: ModelRegistry, logger: Logger): string {
  const models = registry.list();
  const model = models.find(({ isDefault }) => isDefault)?.name;
  if (model === named) return named;
  const usable = models.filter(({ state }) => state !== "broken").map(({ name }) => name);
  const place = model === undefined ? "no model there works" : `${model} takes its place`;
  const hint = nearestHint(nearestNames(named, usable));
  logger.warn(`the default model "${named}" (CRIA_DEFAULT_MODEL) is not in ${modelsDir}; ${hint}; ${place}`);
  return model ?? named;
}

async function preload(registry: ModelRegistry, model: string, logger: Logger): Promise<void> {
  try {
    const lease = await registry.acquire(model);
    lease.release();
  } catch (error) {
    logger.error({ model, err: error }, "the default model could not be loaded");
  }
}
