/** What time it is for Discord, by the last of its answers: a machine's own clock may be an hour off. */
export class DiscordClock {
  #aheadMs = 0;

  /** Milliseconds since 1970, to the second. */
  now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Of an answer, the `date` header. */
  hear(date: string | null): void {
    const atMs = Date.parse(date ?? "");
    if (!Number.isNaN(atMs)) this.#aheadMs = atMs - Date.now();
  }
}
