import type { Signal } from "@preact/signals";
import type { ChatMessage, Workspace } from "../../../wire.ts";
import { ReadMarks } from "./read-marks.ts";

/** Where a browser denies it, already its name throws. */
const BROWSER_STORAGE = {
  getItem: (key: string) => localStorage.getItem(key),
  setItem: (key: string, value: string) => localStorage.setItem(key, value),
};

/** Which channels have something that their reader has not seen. */
export class Unread {
  readonly #flagOf: (channelId: string) => Signal<boolean>;
  readonly #newest = new Map<string, number>();
  #marks: ReadMarks | undefined;

  constructor(flagOf: (channelId: string) => Signal<boolean>) {
    this.#flagOf = flagOf;
  }

  /** Another window read on, or saw news; what is shown here is read all the same. */
  refresh(currentId: string): void {
    for (const [channelId, atMs] of this.#newest)
      if (channelId === currentId) this.open(channelId);
      else this.#flagOf(channelId).value = this.#marks?.isUnread(channelId, atMs) ?? false;
  }

  /** Takes over what the server knows. */
  load({ person, newest }: Workspace, currentId: string): void {
    this.#marks = new ReadMarks(person.id, BROWSER_STORAGE);
    this.#marks.begin(newest);
    for (const [channelId, atMs] of Object.entries(newest)) this.#newest.set(channelId, atMs);
    this.refresh(currentId);
  }

  /** All of a channel is seen. */
  open(channelId: string): void {
    this.#flagOf(channelId).value = false;
    this.#marks?.raise(channelId, this.#newest.get(channelId) ?? 0);
  }

  /** A message came; what was changed has come before. */
  onMessage(channelId: string, { atMs }: Pick<ChatMessage, "atMs">, isSeen: boolean): void {
    const newest = this.#newest.get(channelId) ?? 0;
    if (atMs <= newest) return;
    this.#newest.set(channelId, atMs);
    if (isSeen) this.open(channelId);
    else this.#flagOf(channelId).value = true;
  }

  /** A reply ended in a channel that nobody looks at: from it on there is something to see, also after a reload. */
  onEnd(channelId: string, reply: Pick<ChatMessage, "atMs"> | undefined): void {
    this.#flagOf(channelId).value = true;
    this.#marks?.set(channelId, (reply?.atMs ?? 1) - 1);
  }
}
