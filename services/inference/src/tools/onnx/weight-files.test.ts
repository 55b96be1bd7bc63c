import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { layOutWeights, WeightFiles } from "./weight-files.ts";

describe("layOutWeights", () => {
  it("begins a new file where a tensor no longer fits", () => {
    const layout = layOutWeights(
      [
        { name: "a", byteLength: 100 },
        { name: "b", byteLength: 70_000 },
        { name: "c", byteLength: 30_000 },
      ],
      80_000,
    );
    expect(Object.fromEntries(layout)).toEqual({
      a: { file: "model-00001-of-00002.data", offset: 0, byteLength: 100 },
      b: { file: "model-00001-of-00002.data", offset: 4096, byteLength: 70_000 },
      c: { file: "model-00002-of-00002.data", offset: 0, byteLength: 30_000 },
    });
  });

  it("refuses a tensor that no file can hold", () => {
    expect(() => layOutWeights([{ name: "a", byteLength: 101 }], 100)).toThrow("tensor a has 101 bytes");
  });

  it("never overlaps tensors, splits one or passes the limit", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const layout = layOutWeights(
          lengths.map((byteLength, i) => ({ name: `${i}`, byteLength })),
          200_000,
        );
        const ends = new Map<string, number>();
        for (const { file, offset, byteLength } of layout.values()) {
          expect(offset).toBeGreaterThanOrEqual(ends.get(file) ?? 0);
          expect(offset % 64).toBe(0);
          expect(offset + byteLength).toBeLessThanOrEqual(200_000);
          ends.set(file, offset + byteLength);
        }
      }),
    );
  });
});

describe("WeightFiles", () => {
  let folder: string;
  const layout = layOutWeights([
    { name: "a", byteLength: 4 },
    { name: "b", byteLength: 6 },
  ]);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "cria-weights-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("puts pieces in their places, in whatever order they come", async () => {
    const files = await WeightFiles.create(folder, layout);
    await files.write("b", 3, Uint8Array.of(4, 5, 6));
    await files.write("a", 0, Uint8Array.of(9, 9, 9, 9));
    await files.write("b", 0, Uint8Array.of(1, 2, 3));
    await files.sync();
    await files.close();

    const bytes = readFileSync(path.join(folder, "model-00001-of-00001.data"));
    expect([...bytes.subarray(0, 4)]).toEqual([9, 9, 9, 9]);
    expect([...bytes.subarray(64)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("refuses to write outside of a tensor", async () => {
    const files = await WeightFiles.create(folder, layout);
    await expect(files.write("a", 2, Uint8Array.of(1, 2, 3))).rejects.toThrow("no room for bytes 2 to 5 of a");
    await expect(files.write("c", 0, Uint8Array.of(1))).rejects.toThrow("no room for bytes 0 to 1 of c");
    await files.close();
  });

  it("never writes into a file that was there", async () => {
    await (await WeightFiles.create(folder, layout)).close();
    await expect(WeightFiles.create(folder, layout)).rejects.toThrow("EEXIST");
    expect(readdirSync(folder)).toEqual(["model-00001-of-00001.data"]);
  });
});
