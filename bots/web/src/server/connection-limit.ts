import { WebError } from "../errors.ts";

/** Windows one person may have open: browsers allow six connections to a host before HTTP/2. */
const MAX_CONNECTIONS_PER_PERSON = 8;
const MAX_CONNECTIONS = 1_000;

/** Counts open event streams. */
export class ConnectionLimit {
  readonly #byPerson = new Map<string, number>();
  #total = 0;

  /** Takes a connection and returns what gives it back. Throws a WebError at the limit. */
  take(personId: string): () => void {
    const count = this.#byPerson.get(personId) ?? 0;
    if (count >= MAX_CONNECTIONS_PER_PERSON)
      throw new WebError("tooMany", `You have ${count} windows open, the most there may be. Close one.`);
    if (this.#total >= MAX_CONNECTIONS)
      throw new WebError("tooMany", "Too many people have this page open. Try later.");
    this.#byPerson.set(personId, count + 1);
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
