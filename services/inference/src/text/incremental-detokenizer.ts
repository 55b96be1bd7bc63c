import type { TokenDecoder } from "../engine/generation.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Turns tokens into text as they come, whole characters (code points) only: a token's bytes may end within one. Bytes that
 * are no UTF-8 become U+FFFD as soon as that is certain, as the Encoding standard's streaming decoder does. A reply that is
 * cut within a character ends before it.
 */
export function createIncrementalDetokenizer(tokenizer: Pick<Tokenizer, "tokenBytes">): TokenDecoder {
  // Without `ignoreBOM` a reply that begins with U+FEFF would lose it.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    push: (tokenId) => decoder.decode(tokenizer.tokenBytes(tokenId), { stream: true }),
  };
}
