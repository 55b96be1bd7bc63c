/** How a vocabulary writes bytes: GPT-2's printable stand-ins, SentencePiece's "▁" and `<0x0A>`, or the text as it is. */
export type VocabularyKind = "byte-level" | "sentencepiece" | "text";

/** A token's bytes in UTF-8, from how the vocabulary writes it. */
export function vocabularyBytes(token: string, kind: VocabularyKind): Uint8Array {
  if (kind === "byte-level") return byteLevelBytes(token);
  if (kind === "text") return encoder.encode(token);
  const byte = /^<0x([\dA-Fa-f]{2})>$/.exec(token)?.[1];
  return byte ? Uint8Array.of(Number.parseInt(byte, 16)) : encoder.encode(token.replaceAll("▁", " "));
}

const encoder = new TextEncoder();

/** Tokens outside the table (some converters leave added tokens in the vocabulary) are text. */
function byteLevelBytes(token: string): Uint8Array {
  const bytes = Array.from(token, (char) => BYTE_OF_CHAR.get(char));
  return bytes.includes(undefined) ? encoder.encode(token) : Uint8Array.from(bytes as number[]);
}

/** GPT-2's table: printable Latin-1 stands for itself, every other byte for a character from U+0100 on, in order. */
const BYTE_OF_CHAR = new Map<string, number>(byteTable());

function byteTable(): [string, number][] {
  let stand = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return [String.fromCharCode(isPrintable ? byte : stand++), byte];
  });
}
