/** A file's bytes, but never more than were announced: their number is what the core decided on. Rejects for more. */
export async function readAnnouncedBody({ body }: Response, announcedBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > announcedBytes)
      throw new Error(`a file is longer than the ${announcedBytes} bytes that were announced`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
