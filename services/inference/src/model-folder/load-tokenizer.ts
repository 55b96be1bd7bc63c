import { existsSync } from "node:fs";
import { join } from "node:path";
import { createTokenizer } from "../text/hf-tokenizer.ts";
import type { TokenizerConfig } from "../text/special-tokens.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { readJsonFile } from "./json-file.ts";

/** Files that may name tokens that end a reply, beside the tokenizer's own. */
const CONFIG_FILES = ["generation_config.json", "config.json", "genai_config.json"];

/**
 * Reads a model folder's tokenizer: `tokenizer.json`, `tokenizer_config.json` if there is one, and the end-of-sequence
 * tokens that any of the folder's files names. In one go: for a vocabulary of 128,000 tokens that takes
 * about a second, most of it in the library, in which the event loop does not turn.
 * @throws Error naming the file and what is wrong in it
 */
export function loadTokenizer(folder: string): Tokenizer {
  const read = (name: string) => (existsSync(join(folder, name)) ? [readJsonFile(join(folder, name))] : []);
  const [config = {}] = read("tokenizer_config.json") as TokenizerConfig[];
  const tokenizer = readJsonFile(join(folder, "tokenizer.json"));
  return createTokenizer({ tokenizer, config, configs: CONFIG_FILES.flatMap(read) });
}
