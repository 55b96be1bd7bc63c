import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isPiped, readPipedText } from "./piped-text.ts";

const never = new AbortController().signal;
const SILENCE_MS = 5_000;

describe("readPipedText", () => {
  afterEach(() => void vi.useRealTimers());

  it("reads to the end", async () => {
    const input = Readable.from([Buffer.from("a "), Buffer.from("text\n")]);
    expect(`${await readPipedText(input, { signal: never })}`).toBe("a text\n");
    expect(await readPipedText(Readable.from([]), { signal: never })).toHaveLength(0);
  });

  it("gives a pipe up that stays silent", async () => {
    vi.useFakeTimers();
    const input = new PassThrough();
    const reading = readPipedText(input, { signal: never, silenceMs: SILENCE_MS });
    await vi.advanceTimersByTimeAsync(SILENCE_MS);
    expect(await reading).toBeUndefined();
    expect(input.destroyed).toBe(true);
  });

  it("waits for the end of what has begun", async () => {
    vi.useFakeTimers();
    const input = new PassThrough();
    const reading = readPipedText(input, { signal: never, silenceMs: SILENCE_MS });
    input.write("a ");
    await vi.advanceTimersByTimeAsync(10 * SILENCE_MS);
    input.end("text");
    expect(`${await reading}`).toBe("a text");
  });

  it("stops at more than a message may have, however long it goes on", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(10_000);
      })(),
    );
    await expect(readPipedText(endless, { signal: never })).rejects.toThrow("more than the 32,000 characters");
    expect(endless.destroyed).toBe(true);
  });

  it("ends with the signal", async () => {
    const stopping = new AbortController();
    const reading = readPipedText(new PassThrough(), { signal: stopping.signal });
    stopping.abort();
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("isPiped", () => {
  it("is so for a file, and not for what has nothing in it", () => {
    const folder = mkdtempSync(join(tmpdir(), "cria-piped-"));
    const path = join(folder, "text.txt");
    writeFileSync(path, "text");
    const [file, nothing] = [openSync(path, "r"), openSync("/dev/null", "r")];
    expect([file, nothing].map(isPiped)).toEqual([true, false]);
    for (const descriptor of [file, nothing]) closeSync(descriptor);
    rmSync(folder, { recursive: true });
  });
});
