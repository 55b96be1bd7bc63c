import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { z } from "zod";
import { type FolderDefaults, readFolderDefaults } from "./folder-defaults.ts";
import { readGraphFile, type WeightFile } from "./graph/graph-file.ts";
import { readJsonFile } from "./json-file.ts";
import { type Manifest, MODEL_NAME, manifestSchema } from "./manifest.ts";
import { findGraph, type ModelGraph } from "./model-layout.ts";

/** The file that makes a folder a model. */
export const MANIFEST_FILE = "cria.json";

/** A model's own graph and tokenizer, checked but not loaded. */
export interface ModelWeights extends ModelGraph {
  /** Folder of the tokenizer's files. */
  readonly folder: string;
  /** Everything that is read at a load, the graph's file first. */
  readonly files: readonly WeightFile[];
  readonly weightBytes: number;
  /** What one position of a sequence takes in the KV cache. */
  readonly kvBytesPerToken: number;
  /** Longest context in tokens. */
  readonly maxModelLen: number;
  /** Changes when any file of the load does. */
  readonly revision: string;
}

/** What weights are the same by, however often their folder is read. */
export function weightsKey({ folder, revision }: ModelWeights): string {
  return `${folder}@${revision}`;
}

/** A model folder as it lies on disk. */
export interface ModelFolder {
  /** The folder's name. */
  readonly name: string;
  readonly path: string;
  /** Without values if it cannot be read. */
  readonly manifest: Manifest;
  readonly defaults: FolderDefaults;
  /** Undefined if it uses its base's, or is broken. */
  readonly weights: ModelWeights | undefined;
  readonly manifestHash: string;
  /** Files of graph and weights, whether they are there or not: they may lie anywhere in the folder. */
  readonly weightPaths: readonly string[];
  /** All that is wrong, each in a sentence; empty if it can be loaded. */
  readonly faults: readonly string[];
}

/** What is found out as weights are read, whatever becomes of them. */
interface Findings {
  readonly weightPaths: string[];
  report(fault: string): void;
}

const NO_MANIFEST: Manifest = { description: "" };
const NO_DEFAULTS: FolderDefaults = { chatTemplate: undefined, sampling: {}, bosToken: "", eosToken: "" };

/** Reads and checks a model folder, all faults at once. Reads no weights: it takes milliseconds. Never throws. */
export function readModelFolder(folder: string): ModelFolder {
  const path = resolve(folder);
  const faults: string[] = [];
  const weightPaths: string[] = [];
  const report = (fault: string) => faults.push(fault);
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      report(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  const manifest = attempt(() => readManifest(path, report));
  const defaults = attempt(() => readFolderDefaults(path)) ?? NO_DEFAULTS;
  const weights =
    manifest && !manifest.base ? attempt(() => readWeights(path, manifest, { weightPaths, report })) : undefined;
  return {
    name: basename(path),
    path,
    manifest: manifest ?? NO_MANIFEST,
    defaults,
    weights: faults.length > 0 ? undefined : weights,
    manifestHash: manifest ? (attempt(() => hash(readFileSync(join(path, MANIFEST_FILE), "utf8"))) ?? "") : "",
    weightPaths,
    faults,
  };
}

/** First 12 hex digits of a SHA-256. */
export function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function readManifest(path: string, report: (fault: string) => void): Manifest | undefined {
  const json = readJsonFile(join(path, MANIFEST_FILE));
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) report(describeIssue(issue, json));
    return undefined;
  }
  const folder = basename(path);
  const { name } = parsed.data;
  if (!MODEL_NAME.test(folder))
    report(`folder name "${folder}" cannot be a model's name: use a-z, 0-9, '.', '_' and '-'`);
  if (name !== undefined && name !== folder)
    report(`${MANIFEST_FILE}: name is "${name}", its folder "${folder}": make them equal`);
  return parsed.data;
}

/** The field, what is wrong with it, and its value. */
function describeIssue({ path, message }: z.core.$ZodIssue, json: unknown): string {
  const value = path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key], json);
  const shown =
    value === undefined || typeof value === "object" ? "" : ` (it is ${JSON.stringify(value).slice(0, 80)})`;
  return `${MANIFEST_FILE}: ${path.length > 0 ? `${z.core.toDotPath(path)}: ` : ""}${message}${shown}`;
}

function readWeights(path: string, manifest: Manifest, { weightPaths, report }: Findings): ModelWeights | undefined {
  const hasTokenizer = existsSync(join(path, "tokenizer.json"));
  if (!hasTokenizer) report("tokenizer.json is missing");
  const graph = findGraph(path, manifest.graph);
  weightPaths.push(graph.file);
  const maxModelLen = Math.min(graph.contextLength ?? Infinity, manifest.maxModelLen ?? Infinity);
  if (maxModelLen === Infinity) report(`no file tells the context length: set maxModelLen in ${MANIFEST_FILE}`);
  if (!existsSync(graph.file)) {
    report(`${relative(path, graph.file)} is missing: a model needs a graph, or "base" in ${MANIFEST_FILE}`);
    return undefined;
  }
  const { weightFiles: files, paths, kvBytesPerToken } = readGraphFile(graph.file, report);
  weightPaths.push(...paths.slice(1));
  return {
    ...graph,
    folder: path,
    files,
    weightBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    kvBytesPerToken,
    maxModelLen,
    revision: hasTokenizer ? revisionOf(path, files, maxModelLen) : "",
  };
}

function revisionOf(path: string, files: readonly WeightFile[], maxModelLen: number): string {
  const others = [
    "tokenizer.json",
    "tokenizer_config.json",
    "config.json",
    "genai_config.json",
    "generation_config.json",
  ];
  const all = [
    ...files.map((file) => file.path),
    ...others.map((name) => join(path, name)).filter((file) => existsSync(file)),
  ];
  const stats = all.map((file) => [relative(path, file), statSync(file).size, statSync(file).mtimeMs]);
  return hash(JSON.stringify([maxModelLen, stats]));
}
