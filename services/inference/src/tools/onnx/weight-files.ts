import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";

/** Git hosts refuse files of 100 MB and warn from 50 MB on. */
export const MAX_WEIGHT_FILE_BYTES = 50_000_000;

/** ONNX asks for tensors to begin at a page, so that they can be mapped into memory. */
const PAGE_BYTES = 4096;
/** Small ones, of which there are many, share pages: a cache line apart. */
const SMALL_BYTES = 65_536;
const CACHE_LINE_BYTES = 64;

/** A tensor of the graph whose bytes are kept outside of it. */
export interface WeightTensor {
  readonly name: string;
  readonly byteLength: number;
}

/** Where a tensor's bytes lie. */
export interface WeightLocation {
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

/**
 * Places tensors in `model-00001-of-0000N.data` and so on: in order, each whole in one file.
 *
 * @throws RangeError if one tensor is larger than a file may be
 */
export function layOutWeights(
  tensors: readonly WeightTensor[],
  maxFileBytes = MAX_WEIGHT_FILE_BYTES,
): ReadonlyMap<string, WeightLocation> {
  const places: { name: string; file: number; offset: number; byteLength: number }[] = [];
  let file = 0;
  let end = 0;
  for (const { name, byteLength } of tensors) {
    if (byteLength > maxFileBytes) {
      throw new RangeError(`tensor ${name} has ${byteLength} bytes; a weights file holds ${maxFileBytes}`);
    }
    const alignment = byteLength < SMALL_BYTES ? CACHE_LINE_BYTES : PAGE_BYTES;
    let offset = Math.ceil(end / alignment) * alignment;
    if (offset + byteLength > maxFileBytes) {
      file += 1;
      offset = 0;
    }
    places.push({ name, file, offset, byteLength });
    end = offset + byteLength;
  }
  const fileName = (index: number): string => `model-${digits(index + 1)}-of-${digits(file + 1)}.data`;
  return new Map(
    places.map((place) => [
      place.name,
      { file: fileName(place.file), offset: place.offset, byteLength: place.byteLength },
    ]),
  );
}

/** Fills weights files at the places of a layout, in any order; what is never written reads as zeros. */
export class WeightFiles {
  readonly #layout: ReadonlyMap<string, WeightLocation>;
  readonly #files: ReadonlyMap<string, FileHandle>;

  private constructor(layout: ReadonlyMap<string, WeightLocation>, files: ReadonlyMap<string, FileHandle>) {
    this.#layout = layout;
    this.#files = files;
  }

  /** Makes the layout's files in a folder, each with its whole length. */
  static async create(folder: string, layout: ReadonlyMap<string, WeightLocation>): Promise<WeightFiles> {
    const lengths = new Map<string, number>();
    for (const { file, offset, byteLength } of layout.values()) {
      lengths.set(file, Math.max(lengths.get(file) ?? 0, offset + byteLength));
    }
    const files = new Map<string, FileHandle>();
    const weightFiles = new WeightFiles(layout, files);
    try {
      for (const [file, length] of lengths) {
        files.set(file, await open(path.join(folder, file), "wx"));
        await files.get(file)?.truncate(length);
      }
    } catch (error) {
      await weightFiles.close();
      throw error;
    }
    return weightFiles;
  }

  /** Writes some of a tensor's bytes; `position` counts from the tensor's beginning. */
  async write(tensor: string, position: number, bytes: Uint8Array): Promise<void> {
    const location = this.#layout.get(tensor);
    if (!location || position + bytes.byteLength > location.byteLength) {
      throw new RangeError(`no room for bytes ${position} to ${position + bytes.byteLength} of ${tensor}`);
    }
    const file = this.#files.get(location.file)!;
    let done = 0;
    while (done < bytes.byteLength) {
      const at = location.offset + position + done;
      done += (await file.write(bytes, done, bytes.byteLength - done, at)).bytesWritten;
    }
  }

  /** Waits until all is on the disk. */
  async sync(): Promise<void> {
    for (const file of this.#files.values()) await file.sync();
  }

  /** Closes the files. */
  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }
}

function digits(index: number): string {
  return String(index).padStart(5, "0");
}
