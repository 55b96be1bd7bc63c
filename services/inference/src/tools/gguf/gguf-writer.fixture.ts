import type { BlockType } from "../decoder/block-types.ts";

/** A metadata value; a plain number is written as uint32. */
export type GgufValue = string | number | boolean | { readonly float: number } | readonly string[] | readonly number[];

/** A tensor to be written; `shape` as in the file, columns first. */
export interface GgufTensorData {
  readonly name: string;
  readonly type: BlockType | number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  /** Overrides the true offset. */
  readonly offset?: number;
}

/** What a GGUF file is made of. */
export interface GgufContent {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly GgufTensorData[];
}

const TYPE_NUMBERS: Readonly<Record<BlockType, number>> = { F32: 0, F16: 1, Q4_0: 2, Q4_1: 3, Q8_0: 8 };
const ALIGNMENT = 32;

/** A GGUF file, version 3. Format: ggml's docs/gguf.md. */
export function writeGguf({ metadata, tensors }: GgufContent): Buffer {
  const entries = Object.entries(metadata);
  const infos: Buffer[] = [];
  let offset = 0;
  for (const tensor of tensors) {
    const type = typeof tensor.type === "number" ? tensor.type : TYPE_NUMBERS[tensor.type];
    const dims = tensor.shape.map(uint64);
    infos.push(text(tensor.name), uint32(dims.length), ...dims, uint32(type), uint64(tensor.offset ?? offset));
    offset = align(offset + tensor.bytes.length);
  }
  const header = Buffer.concat([
    Buffer.from("GGUF"),
    uint32(3),
    uint64(tensors.length),
    uint64(entries.length),
    ...entries.flatMap(([key, value]) => [text(key), typed(value)]),
    ...infos,
  ]);
  return Buffer.concat([pad(header), ...tensors.map(({ bytes }) => pad(Buffer.from(bytes)))]);
}

function typed(value: GgufValue): Buffer {
  if (typeof value === "string") return Buffer.concat([uint32(8), text(value)]);
  if (typeof value === "number") return Buffer.concat([uint32(4), uint32(value)]);
  if (typeof value === "boolean") return Buffer.concat([uint32(7), Buffer.of(Number(value))]);
  if ("float" in value) return Buffer.concat([uint32(6), float32(value.float)]);
  const isText = typeof value[0] === "string";
  const items = value.map((item) => (typeof item === "string" ? text(item) : int32(item)));
  return Buffer.concat([uint32(9), uint32(isText ? 8 : 5), uint64(items.length), ...items]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function align(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(align(bytes.length) - bytes.length)]);
}
