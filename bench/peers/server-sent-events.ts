/** The data of each event of a `text/event-stream` body. Comments and fields other than `data` are left out. */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line.startsWith("data: ")) yield line.slice("data: ".length).trimEnd();
  }
}
