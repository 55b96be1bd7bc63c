import { outOfMemory } from "./memory-errors.ts";
import type { PooledWeights } from "./pooled-weights.ts";

/** The memory that those who wait want a part of. */
export interface SharedMemory {
  readonly limitBytes: number;
  /** All that hold some, least recently used first. */
  readonly entries: Iterable<PooledWeights>;
  /** Lets go of weights that nobody claims; their memory counts as free at once. */
  evict(entry: PooledWeights): void;
}

interface Place {
  readonly entry: PooledWeights;
  readonly granted: Promise<void>;
  /** Never rejects: the entry has its memory, or waits for it no longer. */
  readonly settled: Promise<void>;
  grant(): void;
  refuse(error: Error): void;
}

/** As long as a long reply that keeps a model busy. */
const MAX_WAIT_MS = 60_000;

/**
 * Weights that wait for memory, first come, first served. Idle ones make room, least recently used first. Where those do not
 * suffice, the ones longest in memory let nobody new in, so that they become idle; who asks for them waits for the first in
 * line, and then in line. Where that was in vain, they do so again only when the uses are over that it was in vain for.
 */
export class MemoryLine {
  readonly #memory: SharedMemory;
  readonly #places: Place[] = [];

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  /** Waits until an entry holds the memory of its plan. @throws InferenceError OUT_OF_MEMORY_BUDGET after a minute */
  enter(entry: PooledWeights): Promise<void> {
    const place = createPlace(entry, () => this.leave(entry, this.#outOfMemory(entry)));
    this.#places.push(place);
    this.advance();
    return place.granted;
  }

  /** Takes an entry out of the line; tells whether it stood there. */
  leave(entry: PooledWeights, reason: Error): boolean {
    const place = this.#places.find((candidate) => candidate.entry === entry);
    if (place === undefined) return false;
    this.#places.splice(this.#places.indexOf(place), 1);
    for (const other of this.#memory.entries) if (other.yieldsTo === place.settled) other.yieldedInVain();
    place.refuse(reason);
    this.advance();
    return true;
  }

  /** Gives memory to the first in line, as long as there is enough. To be called whenever some may have come free. */
  advance(): void {
    for (const entry of this.#memory.entries) entry.yieldsTo = undefined;
    for (let first = this.#places[0]; first && this.#makeRoom(first); first = this.#places[0]) {
      this.#places.shift();
      first.entry.heldBytes = first.entry.plan.bytes;
      first.grant();
    }
  }

  /** Tells whether there is room now; else sees to it that there will be. */
  #makeRoom({ entry, settled }: Place): boolean {
    const { limitBytes } = this.#memory;
    const excess = sumOfBytes([...this.#memory.entries]) + entry.plan.bytes - limitBytes;
    if (excess <= 0) return true;
    const idle = this.#inMemory().filter(({ numClaims }) => numClaims === 0);
    const missing = excess - sumOfBytes(idle);
    if (missing > 0) this.#askToYield(missing, settled);
    else for (const victim of firstThatHold(excess, idle)) this.#memory.evict(victim);
    return missing <= 0;
  }

  /** Those that are leaving anyway make room as well. Nobody yields where all together would not do. */
  #askToYield(bytes: number, settled: Promise<void>): void {
    const leaving = [...this.#memory.entries].filter(({ state }) => state.type === "leaving");
    const busy = this.#inMemory().filter(({ numClaims, mayYield }) => numClaims > 0 && mayYield);
    const missing = bytes - sumOfBytes(leaving);
    if (sumOfBytes(busy) < missing) return;
    busy.sort((one, other) => one.readyAt - other.readyAt);
    for (const entry of firstThatHold(missing, busy)) entry.yieldsTo = settled;
  }

  #inMemory(): PooledWeights[] {
    return [...this.#memory.entries].filter(({ state }) => state.type === "ready");
  }

  #outOfMemory(entry: PooledWeights): Error {
    const { limitBytes } = this.#memory;
    const idle = this.#inMemory().filter(({ numClaims }) => numClaims === 0);
    const busyBytes = sumOfBytes([...this.#memory.entries]) - sumOfBytes(idle);
    return outOfMemory(entry, { busyBytes, limitBytes, waitedMs: MAX_WAIT_MS });
  }
}

function createPlace(entry: PooledWeights, onTimeout: () => void): Place {
  let grant = () => {};
  let refuse = (_: Error) => {};
  const granted = new Promise<void>((resolve, reject) => {
    grant = resolve;
    refuse = reject;
  });
  const timer = setTimeout(onTimeout, MAX_WAIT_MS).unref();
  const settled = granted.catch(() => {}).then(() => clearTimeout(timer));
  return { entry, granted, settled, grant, refuse };
}

/** The first entries that hold this much together. */
function firstThatHold(bytes: number, entries: readonly PooledWeights[]): PooledWeights[] {
  let left = bytes;
  return entries.filter(({ heldBytes }) => {
    const isNeeded = left > 0;
    left -= heldBytes;
    return isNeeded;
  });
}

function sumOfBytes(entries: readonly PooledWeights[]): number {
  return entries.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
}
