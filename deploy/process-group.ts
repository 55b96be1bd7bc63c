import { StartError } from "./start-error.ts";
import { type ProcessSpec, SupervisedProcess } from "./supervised-process.ts";

/** Processes that live and end together. */
export class ProcessGroup {
  readonly #processes: SupervisedProcess[] = [];
  readonly #write: (name: string, line: string) => void;
  readonly #failure = new AbortController();

  /** `write` gets each line of each process's output. */
  constructor(write: (name: string, line: string) => void) {
    this.#write = write;
  }

  /** Aborts with a StartError when one of them cannot be kept running. */
  get failure(): AbortSignal {
    return this.#failure.signal;
  }

  /** Starts one more. */
  start(spec: ProcessSpec): void {
    const child = new SupervisedProcess(spec, {
      onLine: (line) => this.#write(spec.name, line),
      onGiveUp: (reason) => this.#failure.abort(new StartError(reason)),
    });
    this.#processes.push(child);
    child.start();
  }

  /**
   * Ends all, one after another, the last started first, so that none loses what it stands on before it is done. Each has
   * `graceMs` for it.
   */
  async stop(graceMs: number): Promise<void> {
    for (const child of this.#processes.toReversed()) await child.stop(graceMs);
  }
}
