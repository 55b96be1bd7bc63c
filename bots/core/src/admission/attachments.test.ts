import { afterEach, describe, expect, it, vi } from "vitest";
import type { Attachment, IncomingMessage } from "../port/message.ts";
import { testMessage } from "../testing/test-core.ts";
import { contextOf, leftOutNote, MAX_ATTACHMENT_BYTES, readFiles } from "./attachments.ts";
import { readAnnouncedBody } from "./read-announced-body.ts";

const never = new AbortController().signal;

function file(name: string, content: string | Uint8Array, fields: Partial<Attachment> = {}): Attachment {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { name, mimeType: "text/plain", sizeBytes: bytes.length, load: async () => bytes, ...fields };
}

/** The text that a message is about. */
async function readContext(message: IncomingMessage, signal = never): Promise<string> {
  const quotes = (message.quotes ?? []).map(({ text }) => text);
  return contextOf(await readFiles(message, signal), quotes.join("\n\n"), message);
}

/** Of a message of files alone. */
const read = (attachments: readonly Attachment[], quote?: string) =>
  readContext(testMessage("", { attachments, ...(quote !== undefined && { quotes: [{ text: quote }] }) }));

describe("readFiles", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("gives a file up that does not come within ten seconds, and its fetching too", async () => {
    vi.useFakeTimers();
    let fetching: AbortSignal | undefined;
    const load = (signal: AbortSignal) => {
      fetching = signal;
      return new Promise<never>(() => undefined);
    };
    const refused = expect(read([file("a.txt", "", { load })])).rejects.toThrow("I could not fetch a.txt. Try again");
    await vi.advanceTimersByTimeAsync(10_000);
    await refused;
    expect(fetching?.aborted).toBe(true);
  });

  it("is empty without quote and files", async () => {
    expect(await readContext(testMessage("Hi"))).toBe("");
  });

  it("is the quoted message or the one file as it is", async () => {
    expect(await read([], " Quoted. ")).toBe("Quoted.");
    expect(await read([file("a.txt", "One.\n")])).toBe("One.");
  });

  it("names the files where there is more than one text", async () => {
    expect(await read([file("a.txt", "One."), file("b.md", "Two.")], "Quoted.")).toBe(
      "Quoted.\n\na.txt:\nOne.\n\nb.md:\nTwo.",
    );
  });

  it.each([
    ["application/json", "data"],
    ["text/x-python; charset=utf-8", "script"],
    ["application/ld+json", "data"],
    ["", "main.rs"],
    ["application/octet-stream", "notes.MD"],
  ])("takes %s named %s for text", async (mimeType, name) => {
    expect(await read([file(name, "text", { mimeType })])).toBe("text");
  });

  it.each([
    ["image/png", "cat.png"],
    ["application/pdf", "paper.pdf"],
    ["", "archive.zip"],
    ["image/svg", "notes.txt"],
  ])("refuses %s named %s without fetching it", async (mimeType, name) => {
    const load = async () => {
      throw new Error("was fetched");
    };
    await expect(read([file(name, "", { mimeType, load })])).rejects.toMatchObject({
      code: "FILE_REFUSED",
      message: `I can only read text files, and ${name} is none. Paste what matters as text, or ask without it.`,
    });
  });

  it("leaves out, unfetched, what is no text beside what is", async () => {
    const load = async () => {
      throw new Error("was fetched");
    };
    const files = [file("cat.png", "", { mimeType: "image/png", load }), file("a.txt", "One.")];
    expect(await read(files)).toBe("One.");
    expect(leftOutNote(files)).toBe("I can only read text files, so I left `cat.png` out.");
    expect(leftOutNote(files.slice(1))).toBeUndefined();
  });

  it("leaves out what is no text of a message with words", async () => {
    const attachments = [file("cat.png", "", { mimeType: "image/png" })];
    expect(await readContext(testMessage("What is this?", { attachments }))).toBe("");
    expect(await read(attachments, "Quoted.")).toBe("Quoted.");
  });

  it("refuses no question for what others sent", async () => {
    const beside = (name: string, fields: Partial<Attachment> = {}) => file(name, name, { isBeside: true, ...fields });
    const load = async () => {
      throw new Error("gone");
    };
    const large = beside("large.txt", { sizeBytes: MAX_ATTACHMENT_BYTES + 1, load });
    const files = [large, beside("gone.txt", { load }), beside("b.txt"), beside("c.txt")];
    expect(await read(files)).toBe("gone.txt:\n(This file could not be read.)\n\nb.txt:\nb.txt");
    expect(leftOutNote(files)).toBe(
      "Beside your message I read 2 text files of 128 KB, so I left `large.txt` and `c.txt` out.",
    );
  });

  it("shortens what others wrote to half of the room that the message leaves", async () => {
    const attachments = [file("own.txt", "x".repeat(10_000)), file("log.txt", "y".repeat(20_000), { isBeside: true })];
    const text = "z".repeat(2_000);
    const context = await readContext(testMessage(text, { attachments, quotes: [{ text: "q".repeat(20_000) }] }));
    expect(context).toMatch(/^q{9000,}…\n\nown\.txt:\nx{10000}$/);
    expect(text.length + context.length).toBeLessThan(32_000);
  });

  it("leaves out what is no text beside a question, however much of it there is", async () => {
    const pictures = Array.from({ length: 5 }, (_, n) => {
      return file(`${n}.png`, "", { mimeType: "image/png", isBeside: true });
    });
    expect(await read(pictures)).toBe("");
    expect(await read([...pictures, file("a.txt", "One.", { isBeside: true })])).toBe("One.");
    expect(leftOutNote(pictures.slice(0, 1))).toBe("I can only read text files, so I left `0.png` out.");
  });

  it("refuses bytes that are no text, whatever they are called", async () => {
    await expect(read([file("a.txt", new Uint8Array([0x80, 0x81]))])).rejects.toThrow(/a\.txt is none/);
    await expect(read([file("a.txt", "a\u0000b")])).rejects.toThrow(/a\.txt is none/);
  });

  it("reads UTF-16 as Windows writes it, and UTF-8 with a byte order mark", async () => {
    expect(await read([file("a.txt", Buffer.from("\ufeffäß", "utf16le"))])).toBe("äß");
    expect(await read([file("a.txt", "\ufeffäß")])).toBe("äß");
  });

  it("refuses a file above the limit, as told or as fetched", async () => {
    const large = /a\.txt has 129 KB; I can read 128 KB/;
    await expect(read([file("a.txt", "", { sizeBytes: MAX_ATTACHMENT_BYTES + 1 })])).rejects.toThrow(large);
    await expect(read([file("a.txt", "x".repeat(MAX_ATTACHMENT_BYTES + 1), { sizeBytes: 5 })])).rejects.toThrow(large);
    expect(await read([file("a.txt", "x".repeat(MAX_ATTACHMENT_BYTES))])).toHaveLength(MAX_ATTACHMENT_BYTES);
  });

  it("refuses the fifth file", async () => {
    const files = Array.from({ length: 5 }, () => file("a.txt", "x"));
    await expect(read(files)).rejects.toThrow("This message has 5 files; I can read 4. Send fewer.");
    expect(await read(files.slice(1))).toContain("a.txt:\nx");
  });

  it("says so when a file cannot be fetched, and nothing when it was stopped meanwhile", async () => {
    const load = async () => {
      throw new Error("gone");
    };
    await expect(read([file("a.txt", "", { load })])).rejects.toThrow("I could not fetch a.txt. Try again");
    const stopped = AbortSignal.abort();
    const message = testMessage("", { attachments: [file("a.txt", "", { load })] });
    await expect(readContext(message, stopped)).rejects.toBe(stopped.reason);
  });
});

describe("readAnnouncedBody", () => {
  it("reads as much as was announced and not a byte more", async () => {
    expect(await readAnnouncedBody(new Response("abc"), 3)).toEqual(Buffer.from("abc"));
    expect(await readAnnouncedBody(new Response(null), 0)).toHaveLength(0);
    await expect(readAnnouncedBody(new Response("abcd"), 3)).rejects.toThrow("longer than the 3 bytes");
  });
});
