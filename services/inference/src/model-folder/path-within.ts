import { isAbsolute, join, relative } from "node:path";
import { InferenceError } from "../errors.ts";

/** The path of a folder's file, which people know as `what`. @throws InferenceError MODEL_BROKEN if it lies outside */
export function pathWithin(folder: string, file: string, what: string): string {
  const path = join(folder, file);
  if (!isAbsolute(file) && !relative(folder, path).startsWith("..")) return path;
  throw new InferenceError("MODEL_BROKEN", `${what} "${file}" lies outside the model's folder`);
}
