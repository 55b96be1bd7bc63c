import { isAbsolute, relative } from "node:path";

/** A path as people read it: relative to a folder that it lies in, else absolute. Both are absolute. */
export function shownPath(folder: string, path: string): string {
  const within = relative(folder, path);
  return within.split(/[\\/]/)[0] === ".." || isAbsolute(within) ? path : within;
}
