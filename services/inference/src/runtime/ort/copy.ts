import koffi, { type KoffiFunc, type LibraryHandle } from "koffi";
import type { OrtPointer } from "./ort-api.ts";

/** Bytes of host memory that go from one place to another; the places do not overlap. */
export interface ByteCopy {
  readonly source: OrtPointer;
  readonly target: OrtPointer;
  readonly byteLength: number;
}

/** Copied in half a millisecond at worst: as long as the event loop may stand still for it. */
const BYTES_A_TURN = 2 ** 20;

/**
 * Copies within host memory, some at each turn of the event loop. By C's memcpy, 0.15 ms a MB in pieces of 8 KB: views of
 * typed arrays and libuv's threads cost more than the copy (findings/koffi-views-and-async-cost-more-than-a-copy.sh).
 */
export async function copyInTurns(copies: Iterable<ByteCopy>): Promise<void> {
  const memcpy = loadMemcpy();
  let left = BYTES_A_TURN;
  for (const { source, target, byteLength } of copies) {
    for (let start = 0; start < byteLength; ) {
      const bytes = Math.min(byteLength - start, left);
      memcpy(target + BigInt(start), source + BigInt(start), bytes);
      start += bytes;
      left -= bytes;
      if (left > 0) continue;
      await new Promise(setImmediate);
      left = BYTES_A_TURN;
    }
  }
}

type Memcpy = KoffiFunc<(target: OrtPointer, source: OrtPointer, byteLength: number) => void>;

/** Held for ever, as ONNX Runtime's is. */
let library: LibraryHandle | undefined;
let loaded: Memcpy | undefined;

function loadMemcpy(): Memcpy {
  library ??= koffi.load(standardLibrary());
  loaded ??= library.func("memcpy", "void", ["void*", "void*", "size_t"]) as Memcpy;
  return loaded;
}

/** File of the C library. */
function standardLibrary(): string {
  const names: Partial<Record<NodeJS.Platform, string>> = { darwin: "libSystem.B.dylib", win32: "msvcrt.dll" };
  return names[process.platform] ?? "libc.so.6";
}
