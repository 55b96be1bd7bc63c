/** Browsers open six connections to a host before HTTP/2: two stay free for what people do in their windows. */
const MAX_CONNECTIONS_PER_PERSON = 4;
const MAX_CONNECTIONS = 1_000;

/** Counts open event streams. */
export class ConnectionLimit {
  readonly #byPerson = new Map<string, number>();
  #total = 0;

  /** Why a person can have no further connection, in a sentence; undefined if there is room. */
  refusal(personId: string): string | undefined {
    const count = this.#byPerson.get(personId) ?? 0;
    if (count >= MAX_CONNECTIONS_PER_PERSON)
      return `You have ${count} other windows open, the most that can be connected. Close one.`;
    if (this.#total >= MAX_CONNECTIONS) return "Too many people have this page open. Try later.";
    return undefined;
  }

  /** Takes a connection and returns what gives it back. */
  take(personId: string): () => void {
    this.#byPerson.set(personId, (this.#byPerson.get(personId) ?? 0) + 1);
    this.#total++;
    return () => this.#giveBack(personId);
  }

  #giveBack(personId: string): void {
    this.#total--;
    const left = (this.#byPerson.get(personId) ?? 1) - 1;
    if (left === 0) this.#byPerson.delete(personId);
    else this.#byPerson.set(personId, left);
  }
}
