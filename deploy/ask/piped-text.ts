import { fstatSync } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { MAX_MESSAGE_LENGTH } from "@cria/bot-core";

/** More than a message may have, in any script. */
const MAX_BYTES = 4 * MAX_MESSAGE_LENGTH;

/** How text that is piped in is read. */
export interface PipedTextOptions {
  readonly signal: AbortSignal;
  /** How long to wait for the first byte, in milliseconds. Default: for ever. */
  readonly silenceMs?: number;
}

/**
 * Whether a shell's pipe or file stands behind a file descriptor. A terminal does not, nor the socket that programs leave
 * open to those they start.
 */
export function isPiped(fileDescriptor: number): boolean {
  const stats = fstatSync(fileDescriptor);
  return stats.isFIFO() || stats.isFile();
}

/**
 * Reads a stream to its end; `undefined` if nothing came in time. What has begun to come is waited for, as other filters do.
 * @throws Error for more bytes than a message may have, or when the signal aborts
 */
export async function readPipedText(
  input: Readable,
  { signal, silenceMs }: PipedTextOptions,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  let isSilent = false;
  const giveUp = () => {
    isSilent = true;
    input.destroy();
  };
  const silence = silenceMs === undefined ? undefined : setTimeout(giveUp, silenceMs);
  try {
    for await (const chunk of addAbortSignal(signal, input)) {
      clearTimeout(silence);
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BYTES) throw new Error(tooLong());
    }
  } catch (error) {
    if (!isSilent) throw error;
  } finally {
    clearTimeout(silence);
  }
  return isSilent ? undefined : Buffer.concat(chunks);
}

function tooLong(): string {
  return `the piped text has more than the ${MAX_MESSAGE_LENGTH.toLocaleString("en")} characters of a message. Send the part that matters.`;
}
