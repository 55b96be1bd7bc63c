import { existsSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { type Config, loadConfig } from "../../config.ts";
import { MODEL_NAME, modelNameOf } from "../../model-folder/manifest.ts";
import type { ModelWeights } from "../../model-folder/model-folder.ts";
import { type CatalogModel, chooseDefault, ModelCatalog } from "../../registry/model-catalog.ts";
import { modelNotFound } from "../../registry/nearest-names.ts";
import { importGguf } from "../gguf/import-gguf.ts";
import { checkModel, type ModelCheck, readEndOfReply } from "./check-model.ts";
import { showImportProgress } from "./import-progress.ts";
import { brokenLine, byteSize, checkReport, modelDetails, modelTable } from "./model-report.ts";
import { checkRemovable, removeModelFolder } from "./remove-model.ts";
import { strayFolders } from "./stray-folders.ts";

const USAGE = `usage: npm run models -- COMMAND

  list                            all models
  show NAME                       all about one
  import FILE.gguf [--name NAME]  make a model of a GGUF file, without loss
  check [NAME]                    load it (default: all) for real, tell what is wrong
  remove NAME [--yes]             remove its folder

Add --json for output that programs read. Models lie in the folder "models", or where CRIA_MODELS_DIR says.
docs/models.md tells how a model folder is made.`;

/** Exit codes as shells know them: 1 failed, 2 wrong usage, 130 stopped by Ctrl-C. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_STOPPED = 130;

/** A command line that cannot be understood. */
class UsageError extends Error {}

/** A check is short: one sequence, and a cache that takes next to no memory. */
const CHECK_MODEL_LEN = 256;

interface Options {
  readonly name?: string | undefined;
  readonly yes?: boolean | undefined;
}

/** What a command tells people, and programs. */
interface Outcome {
  readonly text: string;
  readonly value: unknown;
  readonly isFailure?: boolean;
}

const stop = new AbortController();

try {
  await main();
} catch (error) {
  process.exitCode = stop.signal.aborted ? EXIT_STOPPED : error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  console.error(stop.signal.aborted ? "stopped" : error instanceof Error ? error.message : String(error));
}

async function main(): Promise<void> {
  const { values, positionals } = parse();
  const [command, ...words] = positionals;
  if (values.help || command === undefined) return console.log(USAGE);
  const { text, value, isFailure } = await run(command, words, values);
  console.log(values.json ? JSON.stringify(value, undefined, 2) : text);
  if (isFailure) process.exitCode = EXIT_FAILED;
}

async function run(command: string, words: readonly string[], options: Options): Promise<Outcome> {
  const config = loadConfig(process.env, totalmem());
  switch (command) {
    case "list":
      return list(config, words);
    case "show":
      return await show(config, one(words, "NAME"));
    case "import":
      return await importFile(config, one(words, "FILE.gguf"), options);
    case "check":
      return await check(config, words.length === 0 ? undefined : one(words, "NAME"));
    case "remove":
      return await remove(config, one(words, "NAME"), options);
    default:
      throw new UsageError(`there is no command "${command}"\n\n${USAGE}`);
  }
}

function parse() {
  try {
    const flag = { type: "boolean" } as const;
    const options = { name: { type: "string" }, yes: flag, json: flag, help: { ...flag, short: "h" } } as const;
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function one(words: readonly string[], what: string): string {
  if (words.length === 1) return words[0]!;
  throw new UsageError(`this command takes one ${what}, not ${words.length}\n\n${USAGE}`);
}

function list({ modelsDir, defaultModel }: Config, words: readonly string[]): Outcome {
  if (words.length > 0) throw new UsageError(`list takes no ${words[0]}; show NAME tells of one model\n\n${USAGE}`);
  const models = readModels(modelsDir);
  const strays = strayFolders(modelsDir);
  const chosen = chooseDefault(models, defaultModel, ({ faults }) => faults.length === 0);
  const table = models.length > 0 ? modelTable(models, chosen) : noModels(modelsDir);
  const text = [table, ...strays.map(brokenLine)].join("\n");
  return { text, value: [...models.map(withoutPaths), ...strays] };
}

function noModels(modelsDir: string): string {
  return `no models in ${modelsDir}; npm run models -- import FILE.gguf makes one`;
}

async function show({ modelsDir }: Config, name: string): Promise<Outcome> {
  const model = find(modelsDir, name, readModels(modelsDir));
  const endOfReply = model.weights ? readEndOfReply(model.weights) : "";
  return { text: modelDetails(model, endOfReply), value: withoutPaths(model) };
}

async function importFile({ modelsDir }: Config, file: string, options: Options): Promise<Outcome> {
  const { name = modelNameOf(file) } = options;
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
  const progress = showImportProgress(process.stderr, name);
  try {
    const folder = await importGguf({
      file,
      modelsDir,
      name,
      onProgress: progress.update,
      signal: stop.signal,
    });
    const { weightBytes } = find(modelsDir, name, readModels(modelsDir));
    return {
      text: `${name}: ${byteSize(weightBytes)} of weights in ${folder}`,
      value: { name, folder, weightBytes },
    };
  } finally {
    progress.end();
  }
}

async function check(config: Config, name: string | undefined): Promise<Outcome> {
  const models = readModels(config.modelsDir);
  const results: ModelCheck[] = [];
  for (const model of name === undefined ? models : [find(config.modelsDir, name, models)]) {
    results.push(await checkModel(model, (weights) => loadRunner(config, weights)));
  }
  const strays = name === undefined ? strayFolders(config.modelsDir) : [];
  const hints = strays.map((stray) => `${stray.name}: ${stray.faults.join("; ")}`);
  const text = [...results.map(checkReport), ...hints].join("\n");
  return {
    text: text || noModels(config.modelsDir),
    value: results,
    isFailure: results.some(({ isSound }) => !isSound),
  };
}

async function loadRunner({ device, threads }: Config, weights: ModelWeights) {
  const { loadOnnxModelRunner } = await import("../../runtime/onnx-model-runner.ts");
  const maxModelLen = Math.min(weights.maxModelLen, CHECK_MODEL_LEN);
  const { file, names } = weights;
  return loadOnnxModelRunner({ graphFile: file, names, maxNumSeqs: 1, maxModelLen, device, numThreads: threads });
}

async function remove({ modelsDir }: Config, name: string, { yes }: Options): Promise<Outcome> {
  checkRemovable(name, readModels(modelsDir));
  if (!yes && !(await confirm(`Remove ${name} from ${modelsDir}? [y/N] `))) throw new Error("nothing was removed");
  removeModelFolder(modelsDir, name);
  return { text: `${name} is removed`, value: { removed: name } };
}

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError("nobody to ask whether to remove it: add --yes");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  terminal.once("SIGINT", () => stop.abort());
  try {
    return /^y(es)?$/i.test((await terminal.question(question, { signal: stop.signal })).trim());
  } finally {
    terminal.close();
  }
}

function readModels(modelsDir: string): CatalogModel[] {
  return [...new ModelCatalog(modelsDir).models.values()];
}

function find(modelsDir: string, name: string, models: readonly CatalogModel[]): CatalogModel {
  const model = models.find((candidate) => candidate.name === name);
  if (model) return model;
  const path = join(modelsDir, name);
  if (MODEL_NAME.test(name) && existsSync(path))
    throw new Error(`${path} is no model: it is not a folder with a cria.json`);
  throw modelNotFound(
    name,
    models.map((candidate) => candidate.name),
  );
}

/** What programs get: all but where the weights lie. */
function withoutPaths({ weights, ...model }: CatalogModel) {
  return { ...model, layout: weights?.layout };
}
