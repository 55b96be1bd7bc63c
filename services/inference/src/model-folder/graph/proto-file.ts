import { fstatSync, readSync } from "node:fs";

/** Bytes of a file, from the first to before the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const WINDOW_BYTES = 65_536;
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Walks protobuf messages in a file through a small window, so what is skipped is never read. */
export class ProtoFile {
  readonly whole: ByteRange;
  readonly #descriptor: number;
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  #windowStart = 0;
  #windowBytes = 0;
  #position = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.whole = { start: 0, end: fstatSync(descriptor).size };
  }

  /** A message's length-delimited fields of one number. @throws RangeError where the message ends early */
  *children(message: ByteRange, number: number): Iterable<ByteRange> {
    for (const { tag, content } of this.#fields(message)) if (tag === number * 8 + LENGTH_DELIMITED) yield content;
  }

  /** A message's varint of one number; undefined if it has none. @throws RangeError where the message ends early */
  number(message: ByteRange, number: number): number | undefined {
    for (const { tag, content } of this.#fields(message)) {
      if (tag !== number * 8 + VARINT) continue;
      this.#position = content.start;
      return this.#varint();
    }
    return undefined;
  }

  *#fields(message: ByteRange): Iterable<{ readonly tag: number; readonly content: ByteRange }> {
    for (let next = message.start; next < message.end; ) {
      this.#position = next;
      const tag = this.#varint();
      const first = this.#position;
      next = this.#end(tag % 8);
      if (next > message.end) throw new RangeError(`a field ends at byte ${next} of ${message.end}`);
      yield { tag, content: { start: tag % 8 === LENGTH_DELIMITED ? this.#position : first, end: next } };
    }
  }

  text({ start, end }: ByteRange): string {
    const bytes = Buffer.alloc(end - start);
    readSync(this.#descriptor, bytes, 0, bytes.length, start);
    return bytes.toString();
  }

  /** End of the field at the position; moves to its content. */
  #end(wireType: number): number {
    if (wireType === LENGTH_DELIMITED) {
      const length = this.#varint();
      return this.#position + length;
    }
    if (wireType === VARINT) this.#varint();
    else if (wireType === FIXED64) this.#position += 8;
    else if (wireType === FIXED32) this.#position += 4;
    else throw new RangeError(`wire type ${wireType} at byte ${this.#position}`);
    return this.#position;
  }

  /** Exact up to 2^53, beyond any file. */
  #varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError(`a number at byte ${this.#position} does not end`);
  }

  #byte(): number {
    const offset = this.#position - this.#windowStart;
    if (offset < 0 || offset >= this.#windowBytes) return this.#byteOfNextWindow();
    this.#position++;
    return this.#window[offset]!;
  }

  #byteOfNextWindow(): number {
    this.#windowStart = this.#position;
    this.#windowBytes = readSync(this.#descriptor, this.#window, 0, WINDOW_BYTES, this.#position);
    if (this.#windowBytes === 0) throw new RangeError(`it ends at byte ${this.#position}`);
    this.#position++;
    return this.#window[0]!;
  }
}
