import { fileURLToPath } from "node:url";
import { z } from "zod";
import { MODEL_NAME } from "./model-folder/manifest.ts";
import { isInHostMemory, PROVIDERS } from "./runtime/ort/providers.ts";

const MIB = 2 ** 20;
const BYTE_UNITS: Readonly<Record<string, number>> = { MiB: MIB, GiB: 2 ** 30 };
const DURATION_UNITS: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3 };
/** Part of the machine's memory that models may take by default: the rest is for the bots and the system. */
const DEFAULT_MEMORY_SHARE = 0.75;
/** Part of `CRIA_MEMORY` that blocks of the prefix cache may take by default. */
const DEFAULT_PREFIX_CACHE_SHARE = 1 / 8;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

const bytes = z
  .string()
  .regex(/^\d+(\.\d+)?(MiB|GiB)$/, 'must be a number and a unit, as "512MiB" or "4GiB"')
  .transform(toBytes)
  .refine((bytes) => bytes > 0, "must be more than 0");

const prefixCache = z
  .string()
  .regex(/^(0|\d+(\.\d+)?(MiB|GiB))$/, 'must be a number and a unit, as "512MiB" or "4GiB"; 0 for none')
  .transform(toBytes);

const keepAlive = z
  .string()
  .regex(
    /^(-1|0|\d+(\.\d+)?[smh])$/,
    'must be a number and a unit, as "30s", "5m" or "1h"; 0 for not at all, -1 for always',
  )
  .transform((text) => Number.parseFloat(text) * (DURATION_UNITS[text.slice(-1)] ?? 1));

const modelName = z.string().regex(MODEL_NAME, "must be a model's name: a-z, 0-9, '.', '_' and '-'");
const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

/** Environment variables of the inference service. docs/configuration.md explains each. */
export const environmentSchema = z.object({
  CRIA_HOST: z.string().default("127.0.0.1"),
  CRIA_PORT: integer(0, 65535).default(50051),
  CRIA_TOKEN: z.string().min(16, "must have at least 16 characters").optional(),
  CRIA_METRICS_PORT: integer(0, 65535).optional(),
  CRIA_LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).default("info"),
  CRIA_MODELS_DIR: z.string().default(fileURLToPath(new URL("../../../models", import.meta.url))),
  CRIA_DEFAULT_MODEL: modelName.default("smollm2-135m"),
  CRIA_PRELOAD: z.enum(["0", "1"], "must be 0 or 1").default("0"),
  CRIA_KEEP_ALIVE: keepAlive.default(5 * 60e3),
  CRIA_MEMORY: bytes.optional(),
  CRIA_PREFIX_CACHE: prefixCache.optional(),
  CRIA_DEVICES: z
    .string()
    .regex(/^(cpu|webgpu|coreml|dml|cuda(:\d+)?)$/, 'must be "cpu", "webgpu", "cuda", "cuda:0", "coreml" or "dml"')
    .default("cpu"),
  CRIA_THREADS: integer(1, 1024).optional(),
  CRIA_MAX_NUM_SEQS: integer(1, 256).default(16),
  CRIA_MAX_MODEL_LEN: integer(16, 1_048_576).default(4096),
  CRIA_MAX_WAITING: integer(1, 100_000).default(256),
  CRIA_MAX_WAITING_TOKENS: integer(1, 100_000_000).default(262_144),
  CRIA_ITL_TARGET_MS: integer(10, 60_000).default(100),
  CRIA_PROMPT_LOOKUP: z.enum(["0", "1"], "must be 0 or 1").default("0"),
});

/** What the inference service is told by its environment. */
export interface Config {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Bearer token that callers must show; undefined for none. */
  readonly token: string | undefined;
  /** Port of the Prometheus endpoint; 0 for any free port, undefined for none. */
  readonly metricsPort: number | undefined;
  readonly logLevel: z.infer<typeof environmentSchema>["CRIA_LOG_LEVEL"];
  readonly modelsDir: string;
  readonly defaultModel: string;
  /** Whether the default model is loaded at the start rather than on first use. */
  readonly preload: boolean;
  /** How long an idle model stays loaded, in milliseconds; -1 for always. */
  readonly keepAliveMs: number;
  /** Most memory that loaded models may hold, weights and KV caches, in bytes: what the prefix cache leaves of `CRIA_MEMORY`. */
  readonly modelMemoryBytes: number;
  /** Most memory of the prefix cache's blocks, in bytes; 0 for rows used again and no blocks, undefined for no prefix cache. */
  readonly prefixCacheBytes: number | undefined;
  /** Device that models run on: "cpu", "webgpu", "cuda:0", "coreml" or "dml". */
  readonly device: string;
  /** Threads of one forward pass; undefined for the runtime's choice. */
  readonly threads: number | undefined;
  /** Sequences that run at once, per model. */
  readonly maxNumSeqs: number;
  /** Longest context in tokens, whatever the model allows. */
  readonly maxModelLen: number;
  /** Requests that may wait, per model. */
  readonly maxWaiting: number;
  /** Prompt tokens of all waiting requests, per model. */
  readonly maxWaitingTokens: number;
  /** Most milliseconds between two tokens of a reply, as far as others' prompts hold them up. */
  readonly itlTargetMs: number;
  /** Whether a reply that is written alone has its next tokens guessed from its context. */
  readonly promptLookup: boolean;
}

/** The environment asks for something that cannot be. Its message has one line a fault. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** One a fault: the variable's name first, its value where that is no secret, and what it must be. */
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

/**
 * Reads the configuration from environment variables; empty ones count as absent. `machineMemoryBytes` sizes the default
 * memory budget.
 * @throws ConfigError that names every fault at once
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>, machineMemoryBytes: number): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path: [name], message }) => fault(String(name), present, message));
    throw new ConfigError(faults);
  }
  const variables = parsed.data;
  const memoryBytes = variables.CRIA_MEMORY ?? Math.floor(machineMemoryBytes * DEFAULT_MEMORY_SHARE);
  const askedBytes = variables.CRIA_PREFIX_CACHE ?? Math.floor(memoryBytes * DEFAULT_PREFIX_CACHE_SHARE);
  if (askedBytes > 0 && askedBytes >= memoryBytes) {
    const limit = `must be less than CRIA_MEMORY, which is ${Math.floor(memoryBytes / MIB)}MiB`;
    throw new ConfigError([fault("CRIA_PREFIX_CACHE", present, limit)]);
  }
  const prefixCacheBytes = blockBytes(askedBytes, variables.CRIA_DEVICES);
  return Object.freeze({
    host: variables.CRIA_HOST,
    port: variables.CRIA_PORT,
    token: variables.CRIA_TOKEN,
    metricsPort: variables.CRIA_METRICS_PORT,
    logLevel: variables.CRIA_LOG_LEVEL,
    modelsDir: variables.CRIA_MODELS_DIR,
    defaultModel: variables.CRIA_DEFAULT_MODEL,
    preload: variables.CRIA_PRELOAD === "1",
    keepAliveMs: variables.CRIA_KEEP_ALIVE,
    modelMemoryBytes: memoryBytes - (prefixCacheBytes ?? 0),
    prefixCacheBytes,
    device: variables.CRIA_DEVICES,
    threads: variables.CRIA_THREADS,
    maxNumSeqs: variables.CRIA_MAX_NUM_SEQS,
    maxModelLen: variables.CRIA_MAX_MODEL_LEN,
    maxWaiting: variables.CRIA_MAX_WAITING,
    maxWaitingTokens: variables.CRIA_MAX_WAITING_TOKENS,
    itlTargetMs: variables.CRIA_ITL_TARGET_MS,
    promptLookup: variables.CRIA_PROMPT_LOOKUP === "1",
  });
}

/** Blocks are copied from a KV cache in host memory; elsewhere none can be kept, so none take memory. */
function blockBytes(askedBytes: number, device: string): number | undefined {
  if (askedBytes === 0) return undefined;
  const provider = PROVIDERS[device.replace(/:\d+$/, "")]!;
  return isInHostMemory(provider) ? askedBytes : 0;
}

/** "1.1GiB" in whole bytes, as the contract tells them; without a unit bytes. */
function toBytes(text: string): number {
  return Math.floor(Number.parseFloat(text) * (BYTE_UNITS[text.slice(-3)] ?? 1));
}

/** Whether a host is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

function fault(name: string, env: Readonly<Record<string, string | undefined>>, message: string): string {
  const value = name === "CRIA_TOKEN" ? "" : `=${JSON.stringify(env[name])}`;
  return `${name}${value}: ${message}`;
}
