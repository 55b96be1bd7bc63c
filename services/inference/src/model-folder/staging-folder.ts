import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ImportError } from "./import-error.ts";

const STAGING = /^\.importing-.+-(\d+)$/;
/** Those of this process, so that an earlier process of the same number (in containers it is always 1) is told apart. */
const active = new Set<string>();

/**
 * Fills a hidden folder beside the target and renames it when it is whole, so a run that is killed leaves no half model.
 * What killed runs left is removed first.
 *
 * @throws ImportError if the target exists or is being made
 */
export async function writeAtomically(target: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const parent = path.dirname(target);
  await mkdir(parent, { recursive: true });
  await removeLeftovers(parent);
  if ((await readdir(parent)).includes(path.basename(target))) throw exists(target);
  const staging = path.join(parent, `.importing-${path.basename(target)}-${process.pid}`);
  if (active.has(staging)) throw new ImportError(`${path.basename(target)} is being imported already`);
  active.add(staging);
  try {
    await mkdir(staging);
    await fill(staging);
    await syncFolder(staging);
    await rename(staging, target);
    await syncFolder(parent);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw isExists(error) ? exists(target) : error;
  } finally {
    active.delete(staging);
  }
}

/** Writes a file and waits until it is on the disk. */
export async function writeSynced(file: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(file, "wx");
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = STAGING.exec(name)?.[1];
    const folder = path.join(parent, name);
    if (pid === undefined || active.has(folder) || isOtherProcess(Number(pid))) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

function isOtherProcess(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Makes names in a folder last through a power cut; Windows cannot open folders, and needs no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isExists(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOTEMPTY" || code === "EEXIST";
}

function exists(target: string): ImportError {
  return new ImportError(`${target} exists; remove that model first or choose another name`);
}
