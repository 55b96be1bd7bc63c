/** Gives back what was taken, last first: when its owner is done, or where the taking failed halfway. As ECMAScript's, which Node 20 has not. */
export class DisposableStack {
  readonly #releases: (() => void)[] = [];

  defer(release: () => void): void {
    this.#releases.push(release);
  }

  /** Nothing the second time. */
  dispose(): void {
    for (let release = this.#releases.pop(); release; release = this.#releases.pop()) release();
  }
}
