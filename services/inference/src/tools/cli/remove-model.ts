import { randomUUID } from "node:crypto";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { InferenceError } from "../../errors.ts";
import { MODEL_NAME } from "../../model-folder/manifest.ts";
import type { CatalogModel } from "../../registry/model-catalog.ts";
import { modelNotFound } from "../../registry/nearest-names.ts";

/**
 * Finds out whether a model may be removed.
 * @throws InferenceError if there is none of this name in the models folder, or others build on it
 */
export function checkRemovable(name: string, models: readonly CatalogModel[]): void {
  if (!MODEL_NAME.test(name)) {
    throw new InferenceError(
      "INVALID_ARGUMENT",
      `"${name}" is no model's name: only folders within the models folder can be removed`,
    );
  }
  const names = models.map((model) => model.name);
  if (!names.includes(name)) throw modelNotFound(name, names);
  const users = models.filter(({ base }) => base === name).map((model) => model.name);
  if (users.length === 0) return;
  const message = `${users.join(", ")} build${users.length === 1 ? "s" : ""} on "${name}": remove ${users.length === 1 ? "it" : "them"} first`;
  throw new InferenceError("INVALID_ARGUMENT", message);
}

/** Removes a model's folder. A running service sees it whole or not at all. */
export function removeModelFolder(modelsDir: string, name: string): void {
  const hidden = join(modelsDir, `.removed-${randomUUID()}`);
  renameSync(join(modelsDir, name), hidden);
  rmSync(hidden, { recursive: true });
}
