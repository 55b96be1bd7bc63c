import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { configuredToken } from "../text/special-tokens.ts";
import { readJsonFile } from "./json-file.ts";
import { type Manifest, samplingSchema } from "./manifest.ts";
import type { GenaiConfig } from "./model-layout.ts";

/** What a folder's own files say of how its model is used; the manifest goes before. */
export interface FolderDefaults {
  readonly chatTemplate: string | undefined;
  readonly sampling: NonNullable<Manifest["sampling"]>;
  readonly bosToken: string;
  readonly eosToken: string;
}

/** @throws Error for a file that cannot be read */
export function readFolderDefaults(folder: string): FolderDefaults {
  const tokenizer = readObject(join(folder, "tokenizer_config.json"));
  const genai = readObject(join(folder, "genai_config.json")) as GenaiConfig;
  return {
    chatTemplate: readTemplate(folder) ?? templateOf(tokenizer.chat_template),
    sampling: {
      ...searchDefaults(readObject(join(folder, "generation_config.json"))),
      ...searchDefaults(genai.search ?? {}),
    },
    bosToken: configuredToken(tokenizer.bos_token),
    eosToken: configuredToken(tokenizer.eos_token),
  };
}

type JsonObject = Readonly<Record<string, unknown>>;

function readObject(file: string): JsonObject {
  return existsSync(file) ? ((readJsonFile(file) as JsonObject | null) ?? {}) : {};
}

/** Newer exports keep the template in a file of its own. */
function readTemplate(folder: string): string | undefined {
  const file = join(folder, "chat_template.jinja");
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** One template, or several by name, of which "default" is for conversation. */
function templateOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  const templates = value as { readonly name?: string; readonly template?: string }[];
  return (templates.find(({ name }) => name === "default") ?? templates[0])?.template;
}

type SamplingName = keyof NonNullable<Manifest["sampling"]>;

/**
 * Sampling as transformers and onnxruntime-genai write it. Without `do_sample` their temperature, top_k and top_p are
 * unused leftovers, so they are left out here too, as is what is outside the contract's ranges: they write -1 for a top_k
 * that is off.
 */
function searchDefaults(search: JsonObject): NonNullable<Manifest["sampling"]> {
  const drawn =
    search.do_sample === true ? { temperature: "temperature", topK: "top_k", topP: "top_p", minP: "min_p" } : {};
  const names = Object.entries({ ...drawn, repetitionPenalty: "repetition_penalty" }) as [SamplingName, string][];
  const stated = names.map(([ours, theirs]) => [ours, search[theirs]] as const);
  const isUsable = ([name, value]: (typeof stated)[number]) =>
    value !== undefined && samplingSchema.shape[name].safeParse(value).success;
  return Object.fromEntries(stated.filter(isUsable));
}
