import type { Claims } from "../conversation/claims.ts";
import { EVENT_TTL_MS } from "../conversation/limits.ts";
import { ExpiringMap } from "./expiring-map.ts";

/** Of a message's id some 200 bytes: 20 MB. More come in no ten minutes that one process answers. */
const MAX_CLAIMS = 100_000;

/** Claims of this process. Each says itself when it ends; none lives longer than ten minutes. */
export class MemoryClaims implements Claims {
  readonly #endsAtMs = new ExpiringMap<number>({ lifeMs: EVENT_TTL_MS, maxSize: MAX_CLAIMS });

  async claim(writer: string, id: string, ttlMs = EVENT_TTL_MS): Promise<boolean> {
    const isFirst = !this.has(writer, id);
    if (isFirst) this.set(writer, id, ttlMs);
    return isFirst;
  }

  has(writer: string, id: string): boolean {
    return (this.#endsAtMs.get(keyOf(writer, id)) ?? 0) > Date.now();
  }

  set(writer: string, id: string, ttlMs = EVENT_TTL_MS): void {
    this.#endsAtMs.set(keyOf(writer, id), Date.now() + ttlMs);
  }

  delete(writer: string, id: string): void {
    this.#endsAtMs.delete(keyOf(writer, id));
  }
}

const keyOf = (writer: string, id: string) => `${writer} ${id}`;
