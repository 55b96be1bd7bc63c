import type { SamplingParams } from "../engine/sampling/sampling-params.ts";
import type { ManifestPromptFormat } from "../model-folder/manifest.ts";

export type ModelState = "available" | "loading" | "loaded" | "broken";

/** All there is to know of a model, its base's values filled in. Becomes the contract's `Model`. */
export interface ModelDescription {
  readonly name: string;
  readonly description: string;
  /** Name of the model that owns the weights; undefined if it has its own. */
  readonly base: string | undefined;
  readonly state: ModelState;
  /** Why it is broken, or does not work though it may be tried. */
  readonly error: string | undefined;
  readonly promptFormat: ManifestPromptFormat;
  /** The Jinja template where the format is `chat-template`, else "". */
  readonly chatTemplate: string;
  readonly system: string;
  readonly stop: readonly string[];
  readonly sampling: Omit<SamplingParams, "seed">;
  readonly maxTokens: number;
  /** Whether that is of its manifest or its base's, and not the default. */
  readonly hasOwnMaxTokens: boolean;
  /** Tokens. */
  readonly maxModelLen: number;
  readonly bosToken: string;
  readonly eosToken: string;
  readonly licence: string;
  /** "cpu", "cuda:0"; "" until loaded. */
  readonly device: string;
  /** Weights and KV cache; 0 until loaded. */
  readonly memoryBytes: number;
  /** Sequences that run at once; 0 until loaded. */
  readonly maxNumSeqs: number;
  readonly weightBytes: number;
  /** First 12 hex digits of a SHA-256 over manifest and weights' names, sizes and times. */
  readonly revision: string;
  readonly isDefault: boolean;
}
