import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ModelProto } from "../tools/onnx/gen/onnx.ts";

/** A byte tokenizer: every byte a token, then `<|end|>`. */
export const TINY_TOKENIZER = {
  added_tokens: [{ id: 256, content: "<|end|>", special: true }],
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
  post_processor: null,
  decoder: { type: "ByteLevel" },
  model: { type: "BPE", vocab: byteVocabulary(), merges: [] },
};

function byteVocabulary(): Record<string, number> {
  let stand = 256;
  const chars = Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(isPrintable ? byte : stand++);
  });
  return Object.fromEntries(chars.map((char, byte) => [char, byte]));
}

/** An ONNX file that keeps a tensor of so many bytes in each of the files named, with a KV cache of so many bytes a position. */
export function graphWithData(data: Readonly<Record<string, number>>, kvBytesPerToken = 0): Uint8Array {
  const initializer = Object.entries(data).map(([location, length], i) => ({
    name: `weights ${i}`,
    externalData: Object.entries({ location, offset: "0", length: `${length}` }).map(([key, value]) => ({
      key,
      value,
    })),
  }));
  return ModelProto.encode(
    ModelProto.fromPartial({ irVersion: 10, graph: { name: "tiny", initializer, input: [kvInput(kvBytesPerToken)] } }),
  ).finish();
}

/** Keys of a float32 KV cache with one head: [batch, 1, positions, width]. */
function kvInput(kvBytesPerToken: number) {
  const dim = [undefined, 1, undefined, kvBytesPerToken / 4].map((size) =>
    size === undefined ? {} : { value: { $case: "dimValue" as const, value: size } },
  );
  return { name: "past_key_values.0.key", type: { tensorType: { elemType: 1, shape: { dim } } } };
}

/** Writes a model folder in our own layout, whole and tiny; `files` replace or (undefined) leave out its files. */
export function writeModelFolder(
  modelsDir: string,
  name: string,
  files: Readonly<Record<string, unknown>> = {},
): string {
  const whole: Record<string, unknown> = {
    "cria.json": {},
    "tokenizer.json": TINY_TOKENIZER,
    "tokenizer_config.json": { eos_token: "<|end|>" },
    "config.json": { max_position_embeddings: 128 },
    "model.onnx": graphWithData({ "model.data": 1000 }),
    "model.data": new Uint8Array(1000),
  };
  return writeFiles(join(modelsDir, name), { ...whole, ...files });
}

/** Writes files of a folder: bytes and texts as they are, all else as JSON. */
export function writeFiles(folder: string, files: Readonly<Record<string, unknown>>): string {
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    if (content === undefined) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    const isRaw = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(join(folder, file), isRaw ? content : JSON.stringify(content));
  }
  return folder;
}
