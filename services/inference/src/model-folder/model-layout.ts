import { existsSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_GRAPH_NAMES, type GraphNames } from "./graph/graph-names.ts";
import { readJsonFile } from "./json-file.ts";
import { pathWithin } from "./path-within.ts";

export type ModelLayout = "cria" | "onnx-community" | "onnxruntime-genai";

/** Where a folder keeps its graph, and what the layout's own files say of it. */
export interface ModelGraph {
  readonly layout: ModelLayout;
  /** May not exist. */
  readonly file: string;
  /** Undefined for the usual names. */
  readonly names: GraphNames | undefined;
  /** Longest context in tokens; undefined if no file tells. */
  readonly contextLength: number | undefined;
}

/** onnx-community's variants, best for a CPU first: 4 bits are the smallest and fastest, float16 is slow there. */
const COMMUNITY_GRAPHS = ["q4", "q4f16", "int8", "quantized", "uint8", "bnb4", "fp16"].map(
  (type) => `model_${type}.onnx`,
);

/** Finds the graph of a model folder in any of the three layouts. @throws Error for a file that cannot be read */
export function findGraph(folder: string, chosen: string | undefined): ModelGraph {
  if (existsSync(join(folder, "genai_config.json"))) return genaiGraph(folder, chosen);
  const contextLength = configContextLength(folder);
  if (!existsSync(join(folder, "onnx"))) {
    return {
      layout: "cria",
      file: pathWithin(folder, chosen ?? "model.onnx", "graph"),
      names: undefined,
      contextLength,
    };
  }
  const variants = [...COMMUNITY_GRAPHS, "model.onnx"].map((name) => join("onnx", name));
  const graph = chosen ?? variants.find((file) => existsSync(join(folder, file))) ?? variants.at(-1)!;
  return { layout: "onnx-community", file: pathWithin(folder, graph, "graph"), names: undefined, contextLength };
}

/** The parts of onnxruntime-genai's `genai_config.json` that matter here. */
export interface GenaiConfig {
  readonly model?: {
    readonly context_length?: number;
    readonly decoder?: {
      readonly filename?: string;
      readonly inputs?: Readonly<Record<string, string>>;
      readonly outputs?: Readonly<Record<string, string>>;
    };
  };
  readonly search?: Readonly<Record<string, unknown>>;
}

function genaiGraph(folder: string, chosen: string | undefined): ModelGraph {
  const { model } = readJsonFile(join(folder, "genai_config.json")) as GenaiConfig;
  const { filename = "model.onnx", inputs = {}, outputs = {} } = model?.decoder ?? {};
  const names = {
    inputIds: inputs.input_ids ?? DEFAULT_GRAPH_NAMES.inputIds,
    attentionMask: inputs.attention_mask ?? DEFAULT_GRAPH_NAMES.attentionMask,
    positionIds: inputs.position_ids ?? DEFAULT_GRAPH_NAMES.positionIds,
    pastKeyNames: inputs.past_key_names ?? DEFAULT_GRAPH_NAMES.pastKeyNames,
    pastValueNames: inputs.past_value_names ?? DEFAULT_GRAPH_NAMES.pastValueNames,
    logits: outputs.logits ?? DEFAULT_GRAPH_NAMES.logits,
    presentKeyNames: outputs.present_key_names ?? DEFAULT_GRAPH_NAMES.presentKeyNames,
    presentValueNames: outputs.present_value_names ?? DEFAULT_GRAPH_NAMES.presentValueNames,
  };
  const contextLength = model?.context_length ?? configContextLength(folder);
  return { layout: "onnxruntime-genai", file: pathWithin(folder, chosen ?? filename, "graph"), names, contextLength };
}

function configContextLength(folder: string): number | undefined {
  const file = join(folder, "config.json");
  if (!existsSync(file)) return undefined;
  const config = readJsonFile(file) as Readonly<Record<string, unknown>> | null;
  const length = config?.max_position_embeddings ?? config?.n_positions;
  return typeof length === "number" ? length : undefined;
}
