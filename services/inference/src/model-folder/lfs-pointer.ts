import { closeSync, openSync, readSync } from "node:fs";

/** What stands in the place of a large file that Git LFS has not fetched: "The Pointer" in its specification. */
const POINTER = "version https://git-lfs.github.com/spec/";

/** What goes after the name of a file of which only Git LFS's pointer is there; undefined if it is itself. Throws as opening it does. */
export function lfsPointerFault(file: string): string | undefined {
  const beginning = Buffer.alloc(POINTER.length);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, beginning, 0, beginning.length, 0);
  } finally {
    closeSync(descriptor);
  }
  if (beginning.toString("latin1") !== POINTER) return undefined;
  return "is only a Git LFS pointer; run `git lfs pull` where it was cloned";
}
