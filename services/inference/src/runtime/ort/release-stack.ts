/** Gives back what was taken, last first: when its owner is done, or where the taking failed halfway. */
export class ReleaseStack {
  readonly #releases: (() => void)[] = [];

  defer(release: () => void): void {
    this.#releases.push(release);
  }

  /** Nothing the second time. */
  release(): void {
    for (let release = this.#releases.pop(); release; release = this.#releases.pop()) release();
  }
}
