import { LruCache, type Place } from "@cria/bot-core";
import { SnowflakeUtil } from "discord.js";

/** Others are forgotten. */
const MAX_KEPT = 10_000;

/** The messages that this process has handed to the core, with the places where they are answered. */
export class HandedMessages {
  /** Until it begins, all are older. */
  #sinceId = 1n << 63n;
  readonly #places = new LruCache<Place>(MAX_KEPT);
  /** Of which it is not known yet whether they are for the bot. */
  readonly #considered = new Set<string>();

  /** Called once messages come, with Discord's time. */
  begin(nowMs: number): void {
    this.#sinceId = SnowflakeUtil.generate({ timestamp: nowMs });
  }

  add(messageId: string, place: Place): void {
    this.#places.set(messageId, place);
  }

  /** From now on it is heard whether it is deleted, until `isLeft` asks for that. */
  consider(messageId: string): void {
    this.#considered.add(messageId);
  }

  isLeft(messageId: string): boolean {
    return this.#considered.delete(messageId);
  }

  /** It was deleted. */
  drop(messageId: string): void {
    this.#considered.delete(messageId);
  }

  placeOf(messageId: string): Place | undefined {
    return this.#places.get(messageId);
  }

  /** Whether a message is older than this process, which then does not know whether another one handed it over. */
  precedes(messageId: string): boolean {
    return BigInt(messageId) < this.#sinceId;
  }
}
