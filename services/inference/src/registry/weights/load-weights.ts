import { open } from "node:fs/promises";
import { basename } from "node:path";
import type { ModelRunner } from "../../engine/model-runner.ts";
import { InferenceError } from "../../errors.ts";
import type { Generator } from "../../generation/generator.ts";
import type { ModelWeights } from "../../model-folder/model-folder.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { MemoryPlan } from "./memory-plan.ts";

/** A runner and where it holds its memory. */
export interface PlacedModelRunner extends ModelRunner {
  readonly memoryBytes: number;
  /** "cpu", "cuda:0". */
  readonly device: string;
}

/** What a load needs from outside. */
export interface WeightsLoader {
  /** @throws InferenceError MODEL_BROKEN for what is wrong with its files */
  openTokenizer(weights: ModelWeights): Promise<Tokenizer>;
  /** Opens a session over a graph, of the planned size. */
  loadRunner(weights: ModelWeights, plan: MemoryPlan): Promise<PlacedModelRunner>;
  /** Makes the generator that drives the runner, and closes it. */
  createGenerator(parts: GeneratorParts): Generator;
}

/** What a generator is made of. */
export interface GeneratorParts {
  /** Of the model that owns the weights. */
  readonly name: string;
  readonly runner: PlacedModelRunner;
  readonly tokenizer: Tokenizer;
}

/** Weights in memory, with what is needed to generate with them. */
export interface LoadedWeights {
  readonly tokenizer: Tokenizer;
  readonly generator: Generator;
  readonly memoryBytes: number;
  readonly device: string;
  /** Sequences that run at once. */
  readonly maxNumSeqs: number;
}

/**
 * Loads tokenizer and weights. `onBytes` hears how many bytes of weights were read so far.
 * @throws InferenceError MODEL_BROKEN for what is wrong with the files, OUT_OF_MEMORY_BUDGET if the machine has no memory
 * left; other errors are the machine's
 */
export async function loadWeights(
  loader: WeightsLoader,
  weights: ModelWeights,
  plan: MemoryPlan,
  onBytes: (loadedBytes: number) => void,
): Promise<LoadedWeights> {
  const tokenizer = await loader.openTokenizer(weights);
  await readThrough(weights, onBytes);
  const runner = await openRunner(loader, weights, plan);
  try {
    refuseOtherTokenizer(runner, tokenizer);
    const generator = loader.createGenerator({ name: basename(weights.folder), runner, tokenizer });
    const { memoryBytes, device, maxNumSeqs } = runner;
    return { tokenizer, generator, memoryBytes, device, maxNumSeqs };
  } catch (error) {
    await runner.close();
    throw error;
  }
}

/** As the C++ library, systems, ONNX Runtime's arena, CUDA with its libraries, Vulkan, Direct3D and WebGPU say it. */
const NO_MEMORY =
  /bad_alloc|(cannot|could not|failed to) allocate|out[ _-]?of[ _-]?(device[ _-]?|host[ _-]?)?memory|(not enough|insufficient) memory|ALLOC_FAILED/i;
const RETRY_DELAY_MS = 30_000;

async function openRunner(loader: WeightsLoader, weights: ModelWeights, plan: MemoryPlan): Promise<PlacedModelRunner> {
  try {
    return await loader.loadRunner(weights, plan);
  } catch (cause) {
    if (!(cause instanceof Error) || !NO_MEMORY.test(cause.message)) throw cause;
    const message =
      `the machine or its device has no memory left for ${basename(weights.folder)} and its KV cache: end what takes it, or lower ` +
      "CRIA_MEMORY, CRIA_MAX_NUM_SEQS or CRIA_MAX_MODEL_LEN";
    throw new InferenceError("OUT_OF_MEMORY_BUDGET", message, { cause, retryDelayMs: RETRY_DELAY_MS });
  }
}

const CHUNK_BYTES = 4 * 2 ** 20;

/**
 * Reads the weights once: the runtime, which tells no progress, then finds them in the page cache. Bytes told are bytes
 * read from disk, so a person sees the true speed of the slow part.
 */
async function readThrough({ files }: ModelWeights, onBytes: (loadedBytes: number) => void): Promise<void> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let loadedBytes = 0;
  for (const { path } of files) {
    const file = await open(path);
    try {
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
        if (bytesRead === 0) break;
        loadedBytes += bytesRead;
        onBytes(loadedBytes);
      }
    } finally {
      await file.close();
    }
  }
}

/** A graph may have columns without a token (padding), never the reverse. @throws InferenceError MODEL_BROKEN */
export function refuseOtherTokenizer({ vocabSize }: ModelRunner, tokenizer: Tokenizer): void {
  if (tokenizer.vocabSize <= vocabSize) return;
  throw new InferenceError(
    "MODEL_BROKEN",
    `tokenizer.json has ${tokenizer.vocabSize} tokens, the graph ${vocabSize}: they do not belong together`,
  );
}
