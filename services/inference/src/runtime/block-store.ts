import type { OrtPointer } from "./ort/ort-api.ts";

/** A block's bytes in host memory. */
export interface BlockMemory {
  readonly data: OrtPointer;
  release(): void;
}

/** A block that is to be kept. */
export interface NewBlock {
  readonly key: string;
  /** The block before it; undefined for a prompt's first one. */
  readonly parent: string | undefined;
  readonly bytes: number;
}

/** How a block comes into memory. */
export interface BlockSource {
  allocate(): BlockMemory;
  fill(data: OrtPointer): Promise<void>;
}

interface Block extends NewBlock {
  /** Undefined while it is being filled. */
  memory: BlockMemory | undefined;
  /** Blocks that follow it, and copies under way: with any it stays. */
  numUsers: number;
  /** It is not to be found again, and goes once nobody uses it. */
  isForgotten: boolean;
}

/** Blocks that stay until they are released. */
export interface PinnedBlocks {
  readonly data: readonly OrtPointer[];
  release(): void;
}

/**
 * Keys and values of prompts' beginnings, kept in host memory for prompts that begin alike, within a budget in bytes. The
 * one used least recently is given up first, and none before those that follow it. One store serves all models of a process.
 */
export class BlockStore {
  readonly limitBytes: number;
  /** By key, least recently used first. */
  readonly #blocks = new Map<string, Block>();
  /** Blocks that are being copied, one as often as it is. */
  readonly #copied: Block[] = [];
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  has(key: string): boolean {
    const block = this.#blocks.get(key);
    return block?.memory !== undefined && !block.isForgotten;
  }

  /** Makes these the last to be given up, the first of them the very last. */
  touch(keys: readonly string[]): void {
    for (const key of keys.toReversed()) {
      const block = this.#blocks.get(key);
      if (block !== undefined) this.#put(block);
    }
  }

  /** Gives up blocks and all that follow them; the memory of one that is being copied after the copy. */
  forget(keys: readonly string[]): void {
    const forgotten = this.#withFollowers(keys);
    for (const block of forgotten) block.isForgotten = true;
    for (const block of forgotten) this.#removeIfForgotten(block);
  }

  /** Keeps a block. Does nothing where it is kept already, where that before it is not, and where there is no room. */
  async save(added: NewBlock, { allocate, fill }: BlockSource): Promise<void> {
    const block: Block = { ...added, memory: undefined, numUsers: 0, isForgotten: false };
    if (!this.#reserve(block)) return;
    this.#copied.push(block);
    const memory = tryAllocate(allocate);
    try {
      if (memory === undefined) return;
      await fill(memory.data);
      block.memory = memory;
    } finally {
      this.#copied.splice(this.#copied.indexOf(block), 1);
      if (block.memory === undefined) {
        memory?.release();
        this.#remove(block);
      }
      this.#removeIfForgotten(block);
    }
  }

  /** Holds blocks for a copy. @throws RangeError for one that is not kept */
  pin(keys: readonly string[]): PinnedBlocks {
    const blocks = keys.map((key) => this.#kept(key));
    for (const block of blocks) block.numUsers++;
    this.#copied.push(...blocks);
    return {
      data: blocks.map(({ memory }) => memory.data),
      release: () => {
        for (const block of blocks) {
          this.#copied.splice(this.#copied.indexOf(block), 1);
          this.#use(block.key, -1);
        }
      },
    };
  }

  #kept(key: string): Block & { memory: BlockMemory } {
    if (!this.has(key)) throw new RangeError(`block ${key} is not kept`);
    return this.#blocks.get(key) as Block & { memory: BlockMemory };
  }

  /** Makes room for a block; gives up nothing where that would not be enough. */
  #reserve(block: Block): boolean {
    if (this.#blocks.has(block.key) || this.#bytesThatStay(block) > this.limitBytes) return false;
    if (block.parent !== undefined && !this.has(block.parent)) return false;
    this.#use(block.parent, 1);
    this.#put(block);
    this.#usedBytes += block.bytes;
    while (this.#usedBytes > this.limitBytes) this.#remove(this.#leastRecent());
    return true;
  }

  /** Bytes of a block, of those that are being copied, and of all before these. */
  #bytesThatStay(added: Block): number {
    const staying = new Set<Block>();
    for (const last of [added, ...this.#copied]) {
      for (let block: Block | undefined = last; block && !staying.has(block); block = this.#parentOf(block))
        staying.add(block);
    }
    return [...staying].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #parentOf({ parent }: Block): Block | undefined {
    return parent === undefined ? undefined : this.#blocks.get(parent);
  }

  /** The one used least recently that nothing follows and nobody copies. Looked for from the first anew: a chain's end goes before it. */
  #leastRecent(): Block {
    for (const block of this.#blocks.values()) if (block.numUsers === 0 && block.memory !== undefined) return block;
    throw new RangeError("no block can be given up");
  }

  /** Those blocks, and all whose chains they are in. */
  #withFollowers(keys: readonly string[]): readonly Block[] {
    const found = new Set(keys);
    for (let size = -1; size < found.size; ) {
      size = found.size;
      for (const { key, parent } of this.#blocks.values())
        if (parent !== undefined && found.has(parent)) found.add(key);
    }
    return [...found].flatMap((key) => this.#blocks.get(key) ?? []);
  }

  #removeIfForgotten(block: Block): void {
    const isInUse = block.numUsers > 0 || block.memory === undefined;
    if (block.isForgotten && !isInUse && this.#blocks.has(block.key)) this.#remove(block);
  }

  #remove(block: Block): void {
    this.#blocks.delete(block.key);
    this.#usedBytes -= block.bytes;
    this.#use(block.parent, -1);
    block.memory?.release();
  }

  #put(block: Block): void {
    this.#blocks.delete(block.key);
    this.#blocks.set(block.key, block);
  }

  #use(key: string | undefined, change: 1 | -1): void {
    const block = key === undefined ? undefined : this.#blocks.get(key);
    if (block === undefined) return;
    block.numUsers += change;
    this.#removeIfForgotten(block);
  }
}

/** A machine without memory to spare keeps fewer blocks; nothing else is lost. */
function tryAllocate(allocate: () => BlockMemory): BlockMemory | undefined {
  try {
    return allocate();
  } catch {
    return undefined;
  }
}
