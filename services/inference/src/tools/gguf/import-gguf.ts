import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import path from "node:path";
import { ImportError } from "../../model-folder/import-error.ts";
import { type Manifest, MODEL_NAME } from "../../model-folder/manifest.ts";
import { writeAtomically, writeSynced } from "../../model-folder/staging-folder.ts";
import { buildLlamaGraph, type LlamaGraph } from "../decoder/llama-graph.ts";
import { LlamaTensors } from "../decoder/llama-tensors.ts";
import { type GgufFile, openGguf } from "./gguf-file.ts";
import { spdxLicence } from "./licence.ts";
import { optionalString } from "./metadata.ts";
import { modelConfig } from "./model-config.ts";
import { readLlamaConfig } from "./read-llama-config.ts";
import { buildTokenizer, type GgufTokenizer } from "./tokenizer-json.ts";
import { type TransferOptions, writeGraph } from "./write-graph.ts";

/** What to import, and where to. */
export interface ImportGgufOptions extends TransferOptions {
  /** Path of the .gguf file. */
  readonly file: string;
  /** Folder that holds the model folders; made if there is none. */
  readonly modelsDir: string;
  /** The new model's name and folder. */
  readonly name: string;
}

/** All of a model folder but the weights' bytes. */
interface ModelDraft {
  readonly llama: LlamaGraph;
  readonly tokenizer: GgufTokenizer;
  readonly config: object;
}

/** Bytes hashed at a time. */
const CHUNK_BYTES = 4 << 20;
const DISK_FULL: readonly unknown[] = ["ENOSPC", "EDQUOT"];
const MAX_MESSAGE_LENGTH = 1_000;
const MAX_DESCRIPTION_LENGTH = 300;

/**
 * Makes a model folder from a GGUF file, without loss: blocks are repacked, never quantised again. The folder appears whole
 * or not at all. Resolves to its path.
 *
 * @throws ImportError naming the file if that is broken or not supported, the name is taken, or the folder cannot be written;
 * the signal's reason
 */
export async function importGguf(options: ImportGgufOptions): Promise<string> {
  try {
    return await importFile(options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw explain(error, options);
  }
}

async function importFile(options: ImportGgufOptions): Promise<string> {
  const { file, modelsDir, name, signal } = options;
  if (!MODEL_NAME.test(name)) {
    throw new ImportError(
      `"${name}" is no model name: 1 to 64 of a-z, 0-9, ".", "_" and "-", not beginning with a sign`,
    );
  }
  const source = await openGguf(file);
  try {
    const draft = await draftModel(source);
    const folder = path.resolve(modelsDir, name);
    await writeAtomically(folder, async (staging) => {
      await writeJson(staging, "cria.json", await draftManifest(source, draft, file, signal));
      await writeJson(staging, "config.json", draft.config);
      await writeJson(staging, "tokenizer_config.json", draft.tokenizer.tokenizerConfig);
      await writeSynced(path.join(staging, "tokenizer.json"), JSON.stringify(draft.tokenizer.tokenizer));
      await writeGraph(staging, source, draft.llama, options);
    });
    return folder;
  } finally {
    await source.close();
  }
}

async function draftModel(source: GgufFile): Promise<ModelDraft> {
  const config = readLlamaConfig(source.metadata);
  const tokenizer = buildTokenizer(source.metadata, config.contextLength);
  const tensors = new LlamaTensors(source.tensors);
  const ropeFactors = await readRopeFactors(source, tensors, config.headDim / 2);
  const llama = buildLlamaGraph(config, tensors, ropeFactors);
  tensors.assertAllUsed();
  const { vocabSize, isTied } = llama;
  if (tokenizer.numTokens > vocabSize) {
    throw new ImportError(`the tokenizer has ${tokenizer.numTokens} tokens, the embedding only ${vocabSize} rows`);
  }
  return { llama, tokenizer, config: modelConfig({ config, tokenizer, vocabSize, isTied, ropeFactors }) };
}

async function readRopeFactors(
  source: GgufFile,
  tensors: LlamaTensors,
  numPairs: number,
): Promise<Float32Array | undefined> {
  const tensor = tensors.optional("rope_freqs.weight", 1, numPairs);
  if (!tensor) return undefined;
  if (tensor.type !== "F32")
    throw new ImportError(`tensor rope_freqs.weight is stored as ${tensor.type}; it must be F32`);
  const bytes = await source.readRows(tensor, 0, 1);
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

async function draftManifest(
  { metadata }: GgufFile,
  { tokenizer }: ModelDraft,
  file: string,
  signal: AbortSignal | undefined,
): Promise<Manifest> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  const licence = optionalString(metadata, "general.license");
  return {
    description: oneLine(optionalString(metadata, "general.name") ?? "", MAX_DESCRIPTION_LENGTH),
    promptFormat: { type: tokenizer.chatTemplate === undefined ? "completion" : "chat-template" },
    ...(licence === undefined ? {} : { licence: spdxLicence(oneLine(licence, MAX_DESCRIPTION_LENGTH)) }),
    source: { file: path.basename(file), sha256: hash.digest("hex") },
  };
}

async function writeJson(folder: string, file: string, content: object): Promise<void> {
  await writeSynced(path.join(folder, file), `${JSON.stringify(content, null, 2)}\n`);
}

/** The failure in one line that begins with the file. A fault of the program stays as it is. */
function explain(error: unknown, { file, modelsDir }: ImportGgufOptions): unknown {
  if (!(error instanceof Error) || !(error instanceof ImportError || "errno" in error)) return error;
  const isFull = "code" in error && DISK_FULL.includes(error.code);
  const reason = isFull ? `the disk that holds ${modelsDir} is full; free some space and import again` : error.message;
  return new ImportError(oneLine(`${file}: ${reason}`, MAX_MESSAGE_LENGTH), { cause: error });
}

/** A file's texts may hold anything; a terminal shall not obey them. */
function oneLine(text: string, maxLength: number): string {
  return text
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, maxLength);
}
