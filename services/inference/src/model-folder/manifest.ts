import { basename } from "node:path";
import { z } from "zod";

/** Model names: what a shell, a URL and a chat command all take unquoted. */
export const MODEL_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** A model name made of a file's, where nobody chose one. */
export function modelNameOf(file: string): string {
  const stem = basename(file)
    .replace(/\.gguf$/i, "")
    .toLowerCase();
  return stem
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 64);
}

const name = z
  .string()
  .regex(MODEL_NAME, "must be 1 to 64 of a-z, 0-9, '.', '_' and '-', and begin with a letter or digit");

const promptFormat = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("alpaca"),
    /** What follows "### Response:": "" (Stanford's training) or "\n" (alpaca-lora's). */
    responseSuffix: z.enum(["", "\n"]).default(""),
  }),
  z.strictObject({
    type: z.literal("few-shot"),
    instruction: z.string(),
    examples: z.array(z.strictObject({ human: z.string(), ai: z.string() })).max(16),
    humanTitle: z.string().default("Human"),
    aiTitle: z.string().default("AI"),
  }),
  z.strictObject({
    type: z.literal("chat-template"),
    /** Jinja; default: the one in tokenizer_config.json. */
    template: z.string().optional(),
  }),
  z.strictObject({ type: z.literal("completion") }),
]);

/** Defaults of a model's replies; ranges as in the contract. */
export const samplingSchema = z.strictObject({
  repetitionPenalty: z.number().positive().max(10).optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  temperature: z.number().min(0).max(2).optional(),
  topK: z.number().int().min(0).max(1_000_000).optional(),
  topP: z.number().positive().max(1).optional(),
  minP: z.number().min(0).max(1).optional(),
});

/** `cria.json`, one in each model folder. Unknown fields are refused, so a typing error is found. docs/models.md explains each. */
export const manifestSchema = z.strictObject({
  /** Default: the folder's name, which it must equal. */
  name: name.optional(),
  description: z.string().max(300).default(""),
  /** Another model whose weights and tokenizer this one uses; what this manifest leaves out comes from there. */
  base: name.optional(),
  promptFormat: promptFormat.optional(),
  /** The graph's file within the folder, where it has several. Default: what the folder's layout says. */
  graph: z.string().min(1).optional(),
  /** Persona where nobody set another. */
  system: z.string().max(8000).optional(),
  stop: z.array(z.string().min(1).max(256)).max(16).optional(),
  sampling: samplingSchema.optional(),
  maxTokens: z.number().int().min(1).max(1_048_576).optional(),
  /** Cuts the context the graph allows, in tokens. */
  maxModelLen: z.number().int().min(16).optional(),
  /** SPDX identifier. */
  licence: z.string().optional(),
  /** Where the weights come from. */
  source: z
    .strictObject({ url: z.string().optional(), file: z.string().optional(), sha256: z.string().optional() })
    .optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestPromptFormat = z.infer<typeof promptFormat>;
