/**
 * Shares each turn of the event loop among all who encode text, so that however many do at once, no turn is longer than one
 * alone would make it. Who comes while a turn is used up waits for the next ones, in order.
 */
export class EncodingTurns {
  readonly #charactersPerTurn: number;
  readonly #waiting: { readonly characters: number; readonly go: () => void }[] = [];
  #used = 0;
  #isTurning = false;

  constructor(charactersPerTurn: number) {
    this.#charactersPerTurn = charactersPerTurn;
  }

  /** Asks to encode this many characters; undefined where that may be done at once. */
  take(characters: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#used < this.#charactersPerTurn) {
      this.#use(characters);
      return undefined;
    }
    return new Promise((go) => {
      this.#waiting.push({ characters, go });
    });
  }

  #use(characters: number): void {
    this.#used += characters;
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#used = 0;
    this.#isTurning = false;
    while (this.#used < this.#charactersPerTurn) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#use(next.characters);
      next.go();
    }
  }
}
