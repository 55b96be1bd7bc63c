import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BlockMemory, BlockStore } from "./block-store.ts";

/** Memory whose releases are counted. */
function countedMemory() {
  let held = 0;
  const allocate = (): BlockMemory => {
    held++;
    return { data: 0n, release: () => void held-- };
  };
  return { allocate, fill: async () => undefined, held: () => held };
}

/** What is done with a chain once it is saved. */
type Use = (store: BlockStore, keys: readonly string[]) => void;

const BYTES = 10;
const block = (key: string, parent?: string) => ({ key, parent, bytes: BYTES });

describe("BlockStore", () => {
  it("gives up the block used least recently, and its memory", async () => {
    const memory = countedMemory();
    const store = new BlockStore(2 * BYTES);
    await store.save(block("a"), memory);
    await store.save(block("b"), memory);
    store.touch(["a"]);
    await store.save(block("c"), memory);
    expect(["a", "b", "c"].map((key) => store.has(key))).toEqual([true, false, true]);
    expect([store.usedBytes, memory.held()]).toEqual([2 * BYTES, 2]);
  });

  it("gives up a chain from its end, whichever was saved first", async () => {
    const store = new BlockStore(3 * BYTES);
    const memory = countedMemory();
    await store.save(block("a"), memory);
    await store.save(block("ab", "a"), memory);
    await store.save(block("abc", "ab"), memory);
    await store.save(block("x"), memory);
    expect(["a", "ab", "abc", "x"].map((key) => store.has(key))).toEqual([true, true, false, true]);
  });

  it("keeps a chain's beginning rather than its rest where it has not room for both", async () => {
    const store = new BlockStore(2 * BYTES);
    const memory = countedMemory();
    await store.save(block("a"), memory);
    await store.save(block("ab", "a"), memory);
    await store.save(block("abc", "ab"), memory);
    expect(["a", "ab", "abc"].map((key) => store.has(key))).toEqual([true, true, false]);
    expect(memory.held()).toBe(2);
  });

  it("keeps no block whose beginning it has not", async () => {
    const store = new BlockStore(5 * BYTES);
    await store.save(block("ab", "a"), countedMemory());
    expect([store.has("ab"), store.usedBytes]).toEqual([false, 0]);
  });

  it("keeps nothing where a block is more than all its room", async () => {
    const memory = countedMemory();
    const store = new BlockStore(BYTES - 1);
    await store.save(block("a"), memory);
    expect([store.has("a"), store.usedBytes, memory.held()]).toEqual([false, 0, 0]);
  });

  it("gives up nothing for a block that would not fit at all", async () => {
    const store = new BlockStore(BYTES);
    const memory = countedMemory();
    await store.save(block("a"), memory);
    await store.save({ ...block("b"), bytes: BYTES + 1 }, memory);
    expect([store.has("a"), store.has("b")]).toEqual([true, false]);
  });

  it("keeps a block once, and shows it only when it is filled", async () => {
    const memory = countedMemory();
    const store = new BlockStore(5 * BYTES);
    const filled: string[] = [];
    const fill = async () => {
      filled.push(store.has("a") ? "kept" : "not yet");
    };
    await Promise.all([store.save(block("a"), { ...memory, fill }), store.save(block("a"), { ...memory, fill })]);
    expect([filled, store.has("a"), memory.held()]).toEqual([["not yet"], true, 1]);
  });

  it("forgets a block whose copy failed or for which there was no memory", async () => {
    const memory = countedMemory();
    const store = new BlockStore(5 * BYTES);
    const fill = async () => Promise.reject(new Error("lost"));
    await expect(store.save(block("a"), { ...memory, fill })).rejects.toThrow("lost");
    const allocate = () => {
      throw new Error("bad_alloc");
    };
    await store.save(block("b"), { ...memory, allocate });
    expect([store.has("a"), store.has("b"), store.usedBytes, memory.held()]).toEqual([false, false, 0, 0]);
  });

  it("holds what is being copied", async () => {
    const store = new BlockStore(BYTES);
    const memory = countedMemory();
    await store.save(block("a"), memory);
    const pinned = store.pin(["a"]);
    await store.save(block("b"), memory);
    expect([store.has("a"), store.has("b")]).toEqual([true, false]);
    pinned.release();
    await store.save(block("b"), memory);
    expect([store.has("a"), store.has("b")]).toEqual([false, true]);
    expect(() => store.pin(["a"])).toThrow("block a is not kept");
  });

  it("forgets blocks and those that follow them, which then are kept anew from the first on", async () => {
    const store = new BlockStore(9 * BYTES);
    const memory = countedMemory();
    const chain = [block("a"), block("ab", "a"), block("abc", "ab"), block("abd", "ab"), block("x"), block("xb", "x")];
    for (const added of chain) await store.save(added, memory);
    store.touch(["a", "ab", "abc"]);
    store.forget(["ab", "unknown"]);
    expect(chain.filter(({ key }) => store.has(key)).map(({ key }) => key)).toEqual(["a", "x", "xb"]);
    expect([store.usedBytes, memory.held()]).toEqual([3 * BYTES, 3]);
    await store.save(block("abc", "ab"), memory);
    expect(store.has("abc")).toBe(false);
    for (const added of chain) await store.save(added, memory);
    expect(chain.every(({ key }) => store.has(key))).toBe(true);
    expect(memory.held()).toBe(6);
  });

  it("gives back what it forgets during a copy once the copy is over, and finds it no more", async () => {
    const store = new BlockStore(9 * BYTES);
    const memory = countedMemory();
    await store.save(block("a"), memory);
    await store.save(block("ab", "a"), memory);
    const pinned = store.pin(["a", "ab"]);
    let isFilled = () => {};
    const fill = () =>
      new Promise<undefined>((resolve) => {
        isFilled = () => resolve(undefined);
      });
    const saved = store.save(block("abc", "ab"), { ...memory, fill });
    store.forget(["a"]);
    expect(["a", "ab"].map((key) => store.has(key))).toEqual([false, false]);
    expect(() => store.pin(["a"])).toThrow("block a is not kept");
    expect(memory.held()).toBe(3);
    isFilled();
    await saved;
    expect([store.has("abc"), memory.held()]).toEqual([false, 2]);
    pinned.release();
    expect([store.usedBytes, memory.held()]).toEqual([0, 0]);
    await store.save(block("a"), memory);
    expect(store.has("a")).toBe(true);
  });

  it("gives up as many small blocks of a chain as a large one needs, from the chain's end", async () => {
    const store = new BlockStore(6 * BYTES);
    const memory = countedMemory();
    const chain = ["a", "ab", "abc", "abcd", "abcde", "abcdef"];
    for (const [i, key] of chain.entries()) await store.save(block(key, chain[i - 1]), memory);
    await store.save({ ...block("x"), bytes: 4 * BYTES }, memory);
    expect(chain.filter((key) => store.has(key))).toEqual(["a", "ab"]);
    expect([store.has("x"), store.usedBytes, memory.held()]).toEqual([true, 6 * BYTES, 3]);
  });

  it("gives up nothing where what is being copied leaves too little room", async () => {
    const store = new BlockStore(6 * BYTES);
    const memory = countedMemory();
    for (const [key, parent] of [["a"], ["ab", "a"], ["x"]] as const) await store.save(block(key, parent), memory);
    const pinned = store.pin(["ab"]);
    await store.save({ ...block("y"), bytes: 5 * BYTES }, memory);
    expect(["a", "ab", "x", "y"].map((key) => store.has(key))).toEqual([true, true, true, false]);
    await store.save({ ...block("y"), bytes: 4 * BYTES }, memory);
    expect(["a", "ab", "x", "y"].map((key) => store.has(key))).toEqual([true, true, false, true]);
    pinned.release();
    await store.save({ ...block("z"), bytes: 6 * BYTES }, memory);
    expect([store.has("z"), store.usedBytes]).toEqual([true, 6 * BYTES]);
  });

  it("holds of a chain what its budget has room for, never more, nor a block without those before it", async () => {
    const bytesOf = (name: number) => (1 + name) * BYTES;
    const keysOf = (name: number, length: number) => Array.from({ length }, (_, i) => `${name}${"x".repeat(i)}`);
    const play = async (all: readonly (readonly [number, number, Use])[], room: number) => {
      const memory = countedMemory();
      const store = new BlockStore(room * BYTES);
      for (const [name, length, use] of all) {
        const keys = keysOf(name, length);
        const bytes = bytesOf(name);
        for (const [i, key] of keys.entries()) await store.save({ key, parent: keys[i - 1], bytes }, memory);
        const numKept = keys.filter((key) => store.has(key)).length;
        expect(numKept).toBe(Math.min(length, Math.floor((room * BYTES) / bytes)));
        use(store, keys);
      }
      const known = [0, 1, 2, 3].map((name) => keysOf(name, 6).map((key) => Number(store.has(key))));
      const numKept = known.map((flags) => flags.reduce((a, b) => a + b));
      expect(memory.held()).toBe(numKept.reduce((a, b) => a + b));
      expect(store.usedBytes).toBe(numKept.reduce((sum, count, name) => sum + count * bytesOf(name), 0));
      expect(store.usedBytes).toBeLessThanOrEqual(room * BYTES);
      expect(known).toEqual(known.map((flags) => flags.toSorted((a, b) => b - a)));
    };
    const uses = fc.constantFrom<Use>(
      (store, keys) => store.touch(keys),
      (store, keys) => store.forget(keys.slice(-1)),
      () => undefined,
    );
    const chains = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 6 }), uses), { maxLength: 30 });
    await fc.assert(fc.asyncProperty(chains, fc.nat(8), play));
  });
});
