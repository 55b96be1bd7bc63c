import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { MANIFEST_FILE } from "../../model-folder/model-folder.ts";
import type { CatalogModel } from "../../registry/model-catalog.ts";

const FAULT = `no ${MANIFEST_FILE}, so it is no model; {} in one will do`;

/** Folders among the models that are none for want of a manifest. Hidden ones are being written. */
export function strayFolders(modelsDir: string): readonly Pick<CatalogModel, "name" | "faults">[] {
  const names = existsSync(modelsDir) ? readdirSync(modelsDir) : [];
  return names
    .filter((name) => !name.startsWith(".") && isFolder(join(modelsDir, name)))
    .filter((name) => !existsSync(join(modelsDir, name, MANIFEST_FILE)))
    .map((name) => ({ name, faults: [FAULT] }));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
