import { InferenceError } from "../errors.ts";
import { loadTokenizer } from "../model-folder/load-tokenizer.ts";
import { type ModelWeights, weightsKey } from "../model-folder/model-folder.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/** One of 49,000 tokens takes some 60 MB. Those of loaded models are in memory anyway. */
const MAX_TOKENIZERS = 4;

/** The tokenizers used last, apart from weights, so that counting tokens loads none. */
export class TokenizerCache {
  /** Least recently used first. */
  readonly #tokenizers = new Map<string, Promise<Tokenizer>>();

  /**
   * The tokenizer of the folder that the weights lie in.
   * @throws InferenceError MODEL_BROKEN for what is wrong with its files; other errors are the machine's
   */
  async get(weights: ModelWeights): Promise<Tokenizer> {
    const key = weightsKey(weights);
    const tokenizer = this.#tokenizers.get(key) ?? openTokenizer(weights.folder);
    this.#tokenizers.delete(key);
    this.#tokenizers.set(key, tokenizer);
    for (const oldest of this.#tokenizers.keys()) {
      if (this.#tokenizers.size <= MAX_TOKENIZERS) break;
      this.#tokenizers.delete(oldest);
    }
    try {
      return await tokenizer;
    } catch (error) {
      if (this.#tokenizers.get(key) === tokenizer) this.#tokenizers.delete(key);
      throw error;
    }
  }

  /** Forgets those whose files changed or went away. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#tokenizers.keys()) if (!keys.has(key)) this.#tokenizers.delete(key);
  }
}

async function openTokenizer(folder: string): Promise<Tokenizer> {
  try {
    return loadTokenizer(folder);
  } catch (cause) {
    if (!(cause instanceof Error) || "errno" in cause) throw cause;
    throw new InferenceError("MODEL_BROKEN", cause.message, { cause });
  }
}
