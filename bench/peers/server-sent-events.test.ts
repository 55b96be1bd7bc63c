import { describe, expect, it } from "vitest";
import { serverSentEvents } from "./server-sent-events.ts";

async function* inPiecesOf(size: number, text: string): AsyncIterable<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

describe("serverSentEvents", () => {
  it.each([1, 2, 7, 1000])("gives each event's data, cut into pieces of %i bytes", async (size) => {
    const body = ': ping\n\ndata: {"text":"été"}\r\n\r\nevent: x\ndata: [DONE]\n\n';
    const data: string[] = [];
    for await (const event of serverSentEvents(inPiecesOf(size, body))) data.push(event);
    expect(data).toEqual(['{"text":"été"}', "[DONE]"]);
  });
});
