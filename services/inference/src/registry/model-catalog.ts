import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { chatTemplateFault } from "../model-folder/chat-template.ts";
import type { ManifestPromptFormat } from "../model-folder/manifest.ts";
import {
  hash,
  MANIFEST_FILE,
  type ModelFolder,
  type ModelWeights,
  readModelFolder,
} from "../model-folder/model-folder.ts";
import type { ModelDescription } from "./model-description.ts";
import { nearestHint, nearestNames } from "./nearest-names.ts";

/** What is known of a model without loading it. */
export type CatalogModel = Omit<
  ModelDescription,
  "state" | "device" | "memoryBytes" | "maxNumSeqs" | "error" | "isDefault"
> & {
  /** Its own or its base's; undefined if it is broken. */
  readonly weights: ModelWeights | undefined;
  /** All that is wrong with it, each in a sentence. */
  readonly faults: readonly string[];
};

/** Variants of variants are handy; a longer chain is a mistake. */
const MAX_BASES = 4;

/** Where neither manifest nor model files say otherwise; the contract tells the same. */
export const DEFAULT_SAMPLING: ModelDescription["sampling"] = {
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  temperature: 0.8,
  topK: 0,
  topP: 0.95,
  minP: 0,
};
const DEFAULT_MAX_TOKENS = 256;

/** A folder as it was read, and the fingerprints of its files. */
interface KnownFolder {
  readonly folder: ModelFolder;
  readonly listed: string;
  readonly weights: string;
}

/** The model folders of a directory, read anew as they change. */
export class ModelCatalog {
  readonly #modelsDir: string;
  readonly #maxModelLen: number;
  readonly #folders = new Map<string, KnownFolder>();
  #models: ReadonlyMap<string, CatalogModel> = new Map();

  /** `maxModelLen` cuts every model's context, in tokens. */
  constructor(modelsDir: string, maxModelLen = Number.POSITIVE_INFINITY) {
    this.#modelsDir = modelsDir;
    this.#maxModelLen = maxModelLen;
    this.refresh();
  }

  /** Sorted by name. */
  get models(): ReadonlyMap<string, CatalogModel> {
    return this.#models;
  }

  /** Looks what changed on disk; reads changed folders only. Tells whether anything did. */
  refresh(): boolean {
    const names = listFolders(this.#modelsDir);
    const gone = [...this.#folders.keys()].filter((name) => !names.includes(name));
    for (const name of gone) this.#folders.delete(name);
    const changed = names.filter((name) => this.#readIfChanged(name));
    if (gone.length + changed.length === 0) return false;
    const folders = new Map([...this.#folders].map(([name, { folder }]) => [name, folder]));
    this.#models = new Map(names.sort().map((name) => [name, describe(name, folders, this.#maxModelLen)]));
    return true;
  }

  #readIfChanged(name: string): boolean {
    const path = join(this.#modelsDir, name);
    const known = this.#folders.get(name);
    const listed = fingerprintOf(filesOf(path));
    if (known && known.listed === listed && known.weights === fingerprintOf(known.folder.weightPaths)) return false;
    const folder = readModelFolder(path);
    this.#folders.set(name, { folder, listed, weights: fingerprintOf(folder.weightPaths) });
    return true;
  }
}

/** The name of the model for those who name none: the one named, else the first that works. */
export function chooseDefault(
  models: readonly CatalogModel[],
  named: string,
  works: (model: CatalogModel) => boolean,
): string | undefined {
  return (models.find(({ name }) => name === named) ?? models.find(works))?.name;
}

/** Folders with a manifest; one without is no model, and a hidden one is being written. */
function listFolders(modelsDir: string): string[] {
  return readFolder(modelsDir)
    .filter(({ name }) => !name.startsWith(".") && statOf(join(modelsDir, name, MANIFEST_FILE))?.isFile())
    .map(({ name }) => name);
}

/** What lies in a model's folder and where graphs are looked for. */
function filesOf(path: string): string[] {
  return [path, join(path, "onnx")].flatMap((folder) => readFolder(folder).map(({ name }) => join(folder, name)));
}

/** Names, sizes and times of files. */
function fingerprintOf(files: readonly string[]): string {
  return files.map((file) => `${file}:${statOf(file)?.size}:${statOf(file)?.mtimeMs}`).join("\n");
}

function readFolder(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return []; // Not there, no folder, or removed just now: it holds no model.
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function describe(name: string, folders: ReadonlyMap<string, ModelFolder>, limit: number): CatalogModel {
  const folder = folders.get(name)!;
  const { bases, fault } = followBases(folder, folders);
  const chain = [folder, ...bases];
  const owner = chain.at(-1)!;
  const promptFormat = promptFormatOf(chain);
  const chatTemplate = chatTemplateOf(promptFormat, chain);
  const system = firstOf(chain, "system") ?? "";
  const { bosToken, eosToken } = owner.defaults;
  const templateFault = chatTemplateFault({ chatTemplate, system, bosToken, eosToken });
  const faults = [...folder.faults, fault, templateFault];
  const weights = faults.some(Boolean) ? undefined : owner.weights;
  const maxTokens = firstOf(chain, "maxTokens");
  return {
    name,
    description: folder.manifest.description,
    base: folder.manifest.base,
    promptFormat,
    chatTemplate: chatTemplate ?? "",
    system,
    stop: firstOf(chain, "stop") ?? [],
    sampling: samplingOf(chain),
    maxTokens: maxTokens ?? DEFAULT_MAX_TOKENS,
    hasOwnMaxTokens: maxTokens !== undefined,
    maxModelLen: weights ? maxModelLenOf(weights, chain, limit) : 0,
    bosToken,
    eosToken,
    licence: firstOf(chain, "licence") ?? "",
    weightBytes: weights?.weightBytes ?? 0,
    revision: hash([...chain.map(({ manifestHash }) => manifestHash), weights?.revision].join()),
    weights,
    faults: faults.filter((text) => text !== undefined),
  };
}

type Chain = readonly ModelFolder[];

/** The folders a manifest builds on, nearest first, or what is wrong with them. */
function followBases(folder: ModelFolder, folders: ReadonlyMap<string, ModelFolder>): { bases: Chain; fault?: string } {
  const chain = [folder];
  for (let base = folder.manifest.base; base; base = chain.at(-1)!.manifest.base) {
    const names = chain.map(({ name }) => name);
    const next = folders.get(base);
    if (!next) return { bases: chain.slice(1), fault: unknownBase(base, folder, folders) };
    if (names.includes(base)) {
      const circle = [...names.slice(names.indexOf(base)), base].join(" → ");
      return { bases: chain.slice(1), fault: `its bases go in a circle: ${circle}` };
    }
    if (chain.length > MAX_BASES)
      return { bases: chain.slice(1), fault: `more than ${MAX_BASES} bases: ${names.join(" → ")}` };
    chain.push(next);
    if (next.faults.length > 0)
      return { bases: chain.slice(1), fault: `base "${base}" is broken: ${next.faults.join("; ")}` };
  }
  return { bases: chain.slice(1) };
}

function unknownBase(base: string, { name }: ModelFolder, folders: ReadonlyMap<string, ModelFolder>): string {
  const others = [...folders.values()].filter((other) => other.name !== name && other.faults.length === 0);
  const nearest = nearestNames(
    base,
    others.map((other) => other.name),
  );
  return `base "${base}" does not exist; ${nearestHint(nearest)}`;
}

function firstOf<K extends "system" | "stop" | "maxTokens" | "licence">(
  chain: Chain,
  key: K,
): ModelFolder["manifest"][K] {
  return chain.find(({ manifest }) => manifest[key] !== undefined)?.manifest[key];
}

function templateOf(chain: Chain): string | undefined {
  return chain.find(({ defaults }) => defaults.chatTemplate !== undefined)?.defaults.chatTemplate;
}

function chatTemplateOf(format: ManifestPromptFormat, chain: Chain): string | undefined {
  return format.type === "chat-template" ? (format.template ?? templateOf(chain)) : "";
}

function maxModelLenOf(weights: ModelWeights, chain: Chain, limit: number): number {
  return Math.min(weights.maxModelLen, limit, ...chain.flatMap(({ manifest }) => manifest.maxModelLen ?? []));
}

/** A model with a template converses by it, one without completes text. */
function promptFormatOf(chain: Chain): ManifestPromptFormat {
  const stated = chain.find(({ manifest }) => manifest.promptFormat)?.manifest.promptFormat;
  return stated ?? { type: templateOf(chain) === undefined ? "completion" : "chat-template" };
}

/** Field by field: manifests before what the model's own files say, variants before bases. */
function samplingOf(chain: Chain): ModelDescription["sampling"] {
  const defaults = [...chain].reverse().map((folder) => folder.defaults.sampling);
  const manifests = [...chain].reverse().map(({ manifest }) => manifest.sampling ?? {});
  return Object.assign({}, DEFAULT_SAMPLING, ...defaults, ...manifests);
}
