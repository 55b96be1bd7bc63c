import { type FileHandle, open, stat } from "node:fs/promises";
import { type GGUFTensorInfo, gguf, type MetadataValue } from "@huggingface/gguf";
import { ImportError } from "../../model-folder/import-error.ts";
import { lfsPointerFault } from "../../model-folder/lfs-pointer.ts";
import { BLOCK_LAYOUTS } from "../decoder/block-types.ts";
import type { StoredTensor } from "../decoder/stored-tensor.ts";
import { blockType } from "./ggml-types.ts";
import { optionalNumber } from "./metadata.ts";

/** An open GGUF file whose header was checked against its size. */
export interface GgufFile {
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Some of a tensor's rows, as they are stored. */
  readRows(tensor: StoredTensor, firstRow: number, numRows: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Magic, version, number of tensors, number of metadata entries. */
const PREAMBLE_BYTES = 24;
/** The least a metadata entry takes: the length of an empty key, a type, one byte of value. */
const MIN_METADATA_BYTES = 13;
/** The least a tensor's description takes: name's length, number of dimensions, one dimension, type, offset. */
const MIN_TENSOR_INFO_BYTES = 32;
/** Far above any model: 512 layers of 12 tensors are 6,144. */
const MAX_TENSORS = 65_536;
const MAX_METADATA = 65_536;
/** Bytes to which each tensor is aligned where the file does not say (`general.alignment`). */
const DEFAULT_ALIGNMENT = 32;

/** What ends the sentence about a file that is not as it was made. */
const DAMAGED = "it is cut short or damaged: download it again";

/**
 * Opens a GGUF file and reads its header.
 *
 * @throws ImportError, which does not name the file, if it is none, is cut short, or says what cannot be
 */
export async function openGguf(file: string): Promise<GgufFile> {
  const handle = await openFile(file);
  try {
    const { size } = await handle.stat();
    await checkPreamble(file, handle, size);
    const header = await readHeader(file);
    const metadata = new Map<string, MetadataValue>(Object.entries(header.metadata));
    const dataOffset = Number(header.tensorDataOffset);
    if (dataOffset > size) throw cutShort(size, "its header goes on after the end");
    const tensors = header.tensorInfos.map((info) => describeTensor(info, dataOffset, size));
    checkPlaces(tensors, dataOffset, optionalNumber(metadata, "general.alignment") ?? DEFAULT_ALIGNMENT);
    return {
      metadata,
      tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
      readRows: (tensor, firstRow, numRows) => readRows(handle, tensor, firstRow, numRows),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const OPEN_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "you have no permission to read it",
  EPERM: "you have no permission to read it",
};

async function openFile(file: string): Promise<FileHandle> {
  // Looked at first: to open a pipe is to wait for someone who writes into it.
  const stats = await stat(file).catch(refuseToOpen);
  if (!stats.isFile()) throw new ImportError("it is a folder, a pipe or a device, not a file");
  return await open(file, "r").catch(refuseToOpen);
}

function refuseToOpen(cause: NodeJS.ErrnoException): never {
  throw new ImportError(OPEN_FAULTS[cause.code ?? ""] ?? cause.message, { cause });
}

/** What the library would take on trust: it reads zeros after the end of a file, and makes as many objects as the header says. */
async function checkPreamble(file: string, handle: FileHandle, size: number): Promise<void> {
  const preamble = Buffer.alloc(PREAMBLE_BYTES);
  const { bytesRead } = await handle.read(preamble, 0, PREAMBLE_BYTES, 0);
  if (bytesRead === 0) throw new ImportError("the file is empty: download it again");
  if (bytesRead < 4 || preamble.toString("latin1", 0, 4) !== "GGUF") {
    throw new ImportError(`it ${lfsPointerFault(file) ?? 'is not a GGUF file: it does not begin with "GGUF"'}`);
  }
  if (bytesRead < PREAMBLE_BYTES) throw cutShort(size, "its header is not whole");
  const version = preamble.readUInt32LE(4);
  if (version !== 2 && version !== 3) {
    throw new ImportError(`it has GGUF version ${version}; supported are 2 and 3 (little-endian)`);
  }
  const tensors = preamble.readBigUInt64LE(8);
  const entries = preamble.readBigUInt64LE(16);
  checkCount(tensors, "tensors", Math.min(MAX_TENSORS, Math.floor(size / MIN_TENSOR_INFO_BYTES)), size);
  checkCount(entries, "metadata entries", Math.min(MAX_METADATA, Math.floor(size / MIN_METADATA_BYTES)), size);
}

function checkCount(count: bigint, what: string, max: number, size: number): void {
  if (count <= max) return;
  throw new ImportError(`the header promises ${count} ${what}; in ${size} bytes there can be ${max}: ${DAMAGED}`);
}

async function readHeader(file: string): ReturnType<typeof gguf> {
  try {
    return await gguf(file, { allowLocalFile: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImportError(`the header cannot be read (${reason}): ${DAMAGED}`, { cause });
  }
}

function describeTensor(info: GGUFTensorInfo, dataOffset: number, size: number): StoredTensor {
  const { name } = info;
  const type = blockType(info.dtype, name);
  const [columns = 0, rows = 1, ...more] = info.shape.map(Number);
  const { weights, bytes } = BLOCK_LAYOUTS[type];
  if (more.some((dim) => dim !== 1) || columns < 1 || rows < 1 || columns % weights !== 0) {
    throw new ImportError(`tensor ${name} of type ${type} has the shape [${info.shape.join(", ")}]; that cannot be`);
  }
  const rowBytes = (columns / weights) * bytes;
  const offset = dataOffset + Number(info.offset);
  if (offset + rows * rowBytes > size) {
    throw cutShort(size, `tensor ${name} ends at byte ${offset + rows * rowBytes}`);
  }
  return { name, type, rows, columns, rowBytes, offset };
}

/** Tensors that are not where the format puts them would be read as weights all the same, and make a model that babbles. */
function checkPlaces(tensors: readonly StoredTensor[], dataOffset: number, alignment: number): void {
  if (!Number.isInteger(Math.log2(alignment)))
    throw new ImportError(`metadata general.alignment is ${alignment}; it must be a power of two`);
  const names = new Set<string>();
  let [end, before] = [0, ""];
  for (const { name, offset, rows, rowBytes } of tensors.toSorted((a, b) => a.offset - b.offset)) {
    if (names.has(name)) throw new ImportError(`tensor ${name} is there twice`);
    names.add(name);
    if ((offset - dataOffset) % alignment !== 0)
      throw new ImportError(
        `tensor ${name} begins at byte ${offset}, which is not aligned to ${alignment}: ${DAMAGED}`,
      );
    if (offset < end) throw new ImportError(`tensors ${before} and ${name} overlap: ${DAMAGED}`);
    [end, before] = [offset + rows * rowBytes, name];
  }
}

async function readRows(
  handle: FileHandle,
  tensor: StoredTensor,
  firstRow: number,
  numRows: number,
): Promise<Uint8Array> {
  const length = numRows * tensor.rowBytes;
  const bytes = Buffer.allocUnsafe(length);
  const position = tensor.offset + firstRow * tensor.rowBytes;
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new ImportError(`the file became shorter while tensor ${tensor.name} was read`);
    done += bytesRead;
  }
  return bytes;
}

function cutShort(size: number, why: string): ImportError {
  return new ImportError(`it is cut short at ${size} bytes: ${why}. Download it again`);
}
